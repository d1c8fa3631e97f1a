"""`python -m scripts.prepare --cache FOLDER`: models of faces and plates, page assets, demo pictures; each once."""

import argparse
from pathlib import Path

from scripts.prepare.demo_faces import prepare_demo_faces
from scripts.prepare.plate_weights import prepare_plate_weights
from scripts.prepare.web_assets import prepare_web_assets
from scripts.prepare.weights import prepare_weights


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts.prepare", description=__doc__)
    parser.add_argument("--cache", type=Path, required=True, help="folder to prepare into; outside of version control")
    cache: Path = parser.parse_args().cache
    prepare_weights(cache, print)
    prepare_plate_weights(cache, print)
    prepare_web_assets(cache, print)
    prepare_demo_faces(cache, print)


if __name__ == "__main__":
    main()
