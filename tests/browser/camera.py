"""What stands in for a phone's camera where the page's own script is tried."""

CAMERA = """
const board = document.createElement("canvas");
window.facings = [];
window.paint = (low, high) => {  // stripes of two grey levels, again and again: a stream gives only what changes
    clearInterval(window.painting);
    window.painting = setInterval(() => {
        board.width = 320; board.height = 240;
        const ink = board.getContext("2d");
        for (let x = 0; x < 320; x += 8) {
            ink.fillStyle = `rgb(${Array(3).fill(x % 16 ? low : high)})`; ink.fillRect(x, 0, 8, 240);
        }
    }, 40);
};
navigator.mediaDevices.getUserMedia = async (asked) => {
    facings.push(asked.video.facingMode); return board.captureStream(25);
};
navigator.mediaDevices.enumerateDevices = async () => [{ kind: "videoinput" }, { kind: "videoinput" }];
paint(60, 180);
"""
"""A camera whose picture the test paints."""
