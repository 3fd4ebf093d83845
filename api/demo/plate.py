"""The plate that the demo draws: Clarke's system TA, its four correction standards, a tablet and a blank.

The hRfc of the standards are those of the reference library (Clarke's Analysis of Drugs and Poisons, system TA). The
tablet's band stands where diazepam runs: TLC alone calls it what it was sold as, and cannot see what makes it
dangerous.
"""

from tlc_analysis.synthetic import (
    CameraSpec,
    LaneSpec,
    PictureSpec,
    Placement,
    PlateSpec,
    SpotSpec,
    SyntheticPlate,
    Writing,
    render,
)

SYSTEM = "TA"
LANES = ("standard", "sample", "blank")
_STANDARDS_HRFC = (18, 33, 56, 75)  # atropine, codeine, chlorprothixene, diazepam
_SAMPLE_HRFC = 75
_SEED = 26
_QUENCH = (0.75, 1.0, 0.7)  # a dark spot on a green layer


def _spot(hrf: float, strength: float) -> SpotSpec:
    return SpotSpec(rf=hrf / 100, strength=strength, colour=_QUENCH, sigma_x_mm=1.5, sigma_y_mm=1.2)


def draw_demo_plate() -> SyntheticPlate:
    """A phone photograph of the plate under 254 nm, always the same one."""
    plate = PlateSpec(
        width_mm=60,
        height_mm=100,
        origin_mm=10,
        front_mm=12,
        front_sag_mm=0.8,
        lanes=(
            LaneSpec(x_mm=14, spots=tuple(_spot(hrfc, 0.45) for hrfc in _STANDARDS_HRFC), label="S"),
            LaneSpec(x_mm=30, spots=(_spot(_SAMPLE_HRFC, 0.55),), label="1"),
            LaneSpec(x_mm=46, label="0"),
        ),
        writing=(Writing(text="TA", x_mm=47, y_mm=8, height_mm=4),),
    )
    camera = CameraSpec(
        width_px=1500,
        height_px=2000,
        px_per_mm=16,
        pitch_deg=8,
        yaw_deg=-5,
        roll_deg=3,
        blur_px=0.9,
        vignetting=0.2,
        noise=0.008,
        jpeg_quality=92,
    )
    spec = PictureSpec(
        illumination="uv254", plates=(Placement(plate=plate),), camera=camera, surround="table", tier="phone"
    )
    return render(spec, seed=_SEED)
