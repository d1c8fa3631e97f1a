"""`python -m scripts.prepare --cache FOLDER`: models of faces and plates, page assets, demo pictures; each once."""

from pathlib import Path

from models.command_line import Parser
from scripts.prepare.demo_faces import prepare_demo_faces
from scripts.prepare.plate_weights import prepare_plate_weights
from scripts.prepare.web_assets import prepare_web_assets
from scripts.prepare.weights import prepare_weights


def main() -> None:
    parser = Parser(
        "python -m scripts.prepare",
        "准备人脸模型、页面资源、演示图片，各一次；准备环境时会自动运行 · prepares face models, page assets and demo "
        "pictures, each once; set-up runs it by itself",
    )
    parser.add_argument(
        "--cache", type=Path, required=True, metavar="FOLDER", help="放到哪个文件夹 · the folder to prepare into"
    )
    cache: Path = parser.parse_args().cache
    prepare_weights(cache, print)
    prepare_plate_weights(cache, print)
    prepare_web_assets(cache, print)
    prepare_demo_faces(cache, print)


if __name__ == "__main__":
    main()
