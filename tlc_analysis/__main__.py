"""``python -m tlc_analysis plate.jpg``: the reading of one picture as JSON, no database needed."""

import argparse
import json
import sys
from pathlib import Path

from .analyse import analyse
from .errors import PlateError
from .quietly import without_native_output
from .serialise import to_json


def main(arguments: list[str] | None = None) -> int:
    """0 and the JSON on standard output, or 2 and one sentence on standard error."""
    parser = argparse.ArgumentParser(prog="python -m tlc_analysis", description="Read a picture of a TLC plate.")
    parser.add_argument("image", type=Path, help="JPEG, PNG, TIFF, WebP or HEIC")
    parser.add_argument("--illumination", choices=["uv254", "uv366", "visible"], default=None)
    options = parser.parse_args(arguments)
    try:
        content = options.image.read_bytes()
        with without_native_output():
            reading = analyse(content, illumination=options.illumination)
    except OSError as error:
        sys.stderr.write(f"{options.image} cannot be opened: {error.strerror}.\n")
        return 2
    except PlateError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    json.dump(to_json(reading), sys.stdout, allow_nan=False)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
