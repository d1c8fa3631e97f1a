"""`python -m scripts.prepare --cache FOLDER`: models of faces and plates, page assets, demo pictures; each once."""

import sys
from functools import partial
from pathlib import Path

from models.command_line import Parser
from scripts.prepare.demo_faces import prepare_demo_faces
from scripts.prepare.plate_weights import prepare_plate_weights
from scripts.prepare.web_assets import WebAssetsMissing, prepare_web_assets
from scripts.prepare.weights import prepare_weights

NO_WEB_ASSETS = """\
npm 没有取到页面的样式和脚本，其余已准备好的都留着。请检查网络后再来一次：
· 单位的代理自带证书（上面有 SELF_SIGNED_CERT_IN_CHAIN 之类）：把它的根证书存成文件，用环境变量 NODE_EXTRA_CA_CERTS 指出
· 只能用内部镜像：在 npm 自己的设置里写好 registry（npm config，或环境变量 npm_config_registry）
npm did not get the styles and scripts of the pages; what else was prepared is kept. Check the network, then again:
· a proxy with a certificate of its own (SELF_SIGNED_CERT_IN_CHAIN or the like above): keep its root certificate in a
  file and name that in the environment variable NODE_EXTRA_CA_CERTS
· only a mirror inside is allowed: write it as the registry of npm itself (npm config, or npm_config_registry)"""


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
    say = partial(print, flush=True)  # set-up keeps both outputs in one file, in the order in which they were said
    prepare_weights(cache, say)
    prepare_plate_weights(cache, say)
    try:
        prepare_web_assets(cache, say)
    except WebAssetsMissing as error:
        sys.exit(f"{error}\n\n{NO_WEB_ASSETS}")
    prepare_demo_faces(cache, say)


if __name__ == "__main__":
    main()
