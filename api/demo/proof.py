"""What is left for anybody to check: the custody bundle and its public key."""

from api.demo.story import StepFailedError, Story
from lab.custody.bundle import bundle_bytes, export_bundle
from lab.custody.keys import load_or_create_signer, public_key_file, read_public_key
from lab.custody.verification import verify_file


def prove_custody(story: Story) -> str:
    """Take the sample's events out with their proofs, and check them as a stranger would: from the two files alone."""
    signer = load_or_create_signer(story.state.settings.effective_signing_key)
    with story.session() as session:
        bundle = export_bundle(session, signer=signer, sample_id=story.keys["sample"])
    story.write("custody.json", bundle_bytes(bundle))
    story.write("custody.pub", public_key_file(signer))
    key = read_public_key(story.files["custody.pub"].read_bytes())
    report = verify_file(story.files["custody.json"].read_bytes(), key=key)
    if not report.verified:
        raise StepFailedError(f"the bundle does not verify: {report.problems}")
    return f"{report.events} events verified under the public key, from the two files alone"
