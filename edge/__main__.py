"""The node at a gate.

python -m edge --site site.toml                              serve the gate until stopped
python -m edge check --site site.toml                        only check the site file
python -m edge enrol --site site.toml --token TOKEN          make this node known to central, once
python -m edge face  --site site.toml --cardholder ID FILE…  make a face template from photos, here on the node
python -m edge forget --site site.toml --cardholder ID       destroy a person's template and key on this node
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from edge.site import Site, SiteError, read_site

log = logging.getLogger("edge")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 well, 1 a part broke, 2 something about the call or the site file is wrong."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a long poll every half minute is no news
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one matrix product on two cores is slower than on one
    try:
        site = read_site(options.site)
        data: Path = options.data or options.site.resolve().parent / "node"
        return int(options.command(options, site, data))
    except SiteError as error:
        print(error, file=sys.stderr)
        return 2


def _serve(options: argparse.Namespace, site: Site, data: Path) -> int:
    from edge.bootstrap import STARTING_PROBLEMS, NodeFolder, RunningNode

    try:
        node = RunningNode(site, NodeFolder(data), options.weights)
    except STARTING_PROBLEMS as error:
        print(f"The node does not start: {error}", file=sys.stderr)
        return 2
    return node.run()


def _check(options: argparse.Namespace, site: Site, _data: Path) -> int:
    print(f"{options.site}: in order; {len(site.lane)} lanes: {', '.join(lane.code for lane in site.lane)}")
    return 0


def _enrol(options: argparse.Namespace, site: Site, data: Path) -> int:
    from edge.bootstrap import STARTING_PROBLEMS
    from edge.commands import enrol_node

    if site.central is None:
        print(f'{options.site}: names no central; add [central] with url = "https://…"', file=sys.stderr)
        return 2
    token = options.token if options.token != "-" else sys.stdin.readline().strip()
    try:
        node = enrol_node(site, site.central.url, data, token)
    except STARTING_PROBLEMS as error:
        print(f"The node was not enrolled: {error}", file=sys.stderr)
        return 2
    print(f"{node.name} is enrolled as {node.node_id}; lanes: {', '.join(lane.code for lane in node.lanes)}")
    return 0


def _face(options: argparse.Namespace, site: Site, data: Path) -> int:
    from edge.bootstrap import STARTING_PROBLEMS
    from edge.faces import enrol_face

    try:
        url = site.central.url if site.central is not None else None
        refused = enrol_face(data, options.weights, options.cardholder, options.photos, url)
    except STARTING_PROBLEMS as error:
        print(f"No template was made: {error}", file=sys.stderr)
        return 2
    if refused is not None:
        print(f"No template was made: {refused}", file=sys.stderr)
        return 1
    print(f"A template of {len(options.photos)} photos was made for {options.cardholder}; the photos were not kept.")
    return 0


def _forget(options: argparse.Namespace, _site: Site, data: Path) -> int:
    from edge.bootstrap import STARTING_PROBLEMS
    from edge.faces import forget_person

    try:
        was_there = forget_person(data, options.cardholder)
    except STARTING_PROBLEMS as error:
        print(f"Nothing was destroyed: {error}", file=sys.stderr)
        return 2
    print("Template, key and pictures are destroyed." if was_there else "This node held nothing of that person.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m edge", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--site", type=Path, required=True, metavar="FILE", help="the site file (TOML)")
    common.add_argument("--data", type=Path, metavar="FOLDER", help="the node's folder (default: node/ beside FILE)")
    default = Path(os.environ.get("MENTING_CACHE", ".menting/cache")) / "weights"
    common.add_argument("--weights", type=Path, default=default, metavar="FOLDER", help="face models, from set-up")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, run, text in (
        ("serve", _serve, "serve the gate (what happens without a command)"),
        ("check", _check, "check the site file"),
        ("enrol", _enrol, "make this node known to central"),
        ("face", _face, "make a face template from photos"),
        ("forget", _forget, "destroy a person's template and key"),
    ):
        sub = commands.add_parser(name, parents=[common], help=text, description=text)
        sub.set_defaults(command=run)
        if name == "enrol":
            sub.add_argument("--token", required=True, help="the one-time token from central; - reads it from stdin")
        if name in ("face", "forget"):
            sub.add_argument("--cardholder", type=UUID, required=True, metavar="ID")
        if name == "face":
            sub.add_argument("photos", type=Path, nargs="+", metavar="FILE", help="photos of one person, best three")
    return parser


def _with_default(arguments: list[str]) -> list[str]:
    """`python -m edge --site …` means serve."""
    options = ("--site", "--data", "--weights")
    return ["serve", *arguments] if arguments and arguments[0].partition("=")[0] in options else arguments


if __name__ == "__main__":
    call = _with_default(sys.argv[1:])
    if not call:
        _parser().print_help()
        sys.exit(2)
    sys.exit(main(call))
