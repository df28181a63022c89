"""A web site to practise on: images made by hand, pages that link to them, answers that are late.

    pip install 'plait[examples]'
    python examples/downloads/server.py --delay 0.1

The first line it prints is the address of its start page; Ctrl-C ends it. GET /statistics tells
what it has seen: requests by path and query, how many are open, how many were at most, and how
many were left by their client.
"""

import argparse
import asyncio
import contextlib
import random
import struct
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache

from aiohttp import web

from plait.bridge import loop_factory

#: Edges of the images in pixels, in turn; the files have from 0.8 to 196 kB.
EDGES = (16, 32, 64, 128, 256)
#: Seconds between two pieces of an image without end.
PAUSE = 0.02

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@cache
def png(number: int) -> bytes:
    """A PNG of coloured noise; the same number gives the same image."""
    edge = EDGES[number % len(EDGES)]
    noise = random.Random(number)
    # Each line begins with the filter of its pixels: 0, none.
    lines = b"".join(b"\0" + noise.randbytes(3 * edge) for _ in range(edge))
    header = struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0)  # 8 bits a colour, RGB
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    )


class Site:
    """The pages `/` and `/pages/N.html`, the images `/N.png`, and what else can happen.

    Page N links to pages 2N+1 and 2N+2 and to its parent, to `/old.html`, which is elsewhere on
    this site now, and to pages and images of another site, one of them by `/moved.html`.
    `/garbled.html` is no HTML. `/astray.png` leads nowhere, `/broken.png` ends half way,
    `/stalled.png` stops there, `/silent.png` never begins and `/endless-N.png` never ends.
    """

    def __init__(self, *, images: int, pages: int = 1, delay: float = 0.0) -> None:
        self.images = images
        self.pages = pages
        self.delay = delay
        self.requests: Counter[str] = Counter()
        self.open = 0
        self.most = 0
        self.left = 0

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._counted])
        application.router.add_get("/statistics", self._statistics)
        application.router.add_get("/", self._page)
        application.router.add_get(r"/pages/{number:\d+}.html", self._page)
        application.router.add_get("/old.html", self._old)
        application.router.add_get("/moved.html", self._moved)
        application.router.add_get("/garbled.html", self._garbled)
        application.router.add_get(r"/{number:\d+}.png", self._image)
        application.router.add_get("/astray.png", self._astray)
        application.router.add_get("/broken.png", self._broken)
        application.router.add_get(r"/endless-{number:\d+}.png", self._endless)
        application.router.add_get("/stalled.png", self._stalled)
        application.router.add_get("/silent.png", self._silent)
        return application

    @web.middleware
    async def _counted(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/statistics":
            return await handler(request)
        self.requests[request.path_qs] += 1
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            await asyncio.sleep(self.delay)
            # What it returns is sent after this block, so no client can ask for more before
            # this request is counted as over.
            return await handler(request)
        except (asyncio.CancelledError, ConnectionError):
            self.left += 1
            raise
        finally:
            self.open -= 1

    async def _statistics(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "requests": self.requests,
                "open": self.open,
                "most": self.most,
                "left": self.left,
            }
        )

    async def _page(self, request: web.Request) -> web.Response:
        number = int(request.match_info.get("number", 0))
        if number >= self.pages:
            raise web.HTTPNotFound
        elsewhere = f"http://localhost:{request.url.port}"  # the same server; another host
        near = [each for each in (2 * number + 1, 2 * number + 2) if each < self.pages]
        links = [
            "/",
            "#top",
            "/old.html",
            "/moved.html",
            f"http://somebody@127.0.0.1:{request.url.port}/0.png",  # which is also shown
            f"{elsewhere}/away.html",
            "mailto:nobody@localhost",
            f"/pages/{(number - 1) // 2}.html" if number > 2 else "/",
            *(f"/pages/../pages/{each}.html#top" for each in near),
        ]
        images = [f"/{each}.png" for each in range(self.images) if each % self.pages == number]
        images += ["/0.png", f"{elsewhere}/away.png"]
        body = "".join(f'<p><a href="{link}">{link}</a>\n' for link in links)
        body += "".join(f'<img src="{image}">\n' for image in images)
        return web.Response(text=f"<!doctype html>\n{body}", content_type="text/html")

    async def _old(self, request: web.Request) -> web.Response:
        raise web.HTTPFound("/?new")

    async def _moved(self, request: web.Request) -> web.Response:
        raise web.HTTPFound(f"http://localhost:{request.url.port}/away.html")

    async def _garbled(self, request: web.Request) -> web.Response:
        return web.Response(text="<![what is[ this", content_type="text/html")

    async def _image(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        if number >= self.images:
            raise web.HTTPNotFound
        return web.Response(body=png(number), content_type="image/png")

    async def _astray(self, request: web.Request) -> web.Response:
        raise web.HTTPFound("http://no..host/")

    async def _broken(self, request: web.Request) -> web.StreamResponse:
        whole = png(2)
        response = await _begun(request, len(whole))
        response.force_close()
        await response.write(whole[: len(whole) // 2])
        return response

    async def _stalled(self, request: web.Request) -> web.StreamResponse:
        response = await self._broken(request)
        await asyncio.Event().wait()
        return response

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        response = await _begun(request)
        while True:
            await response.write(png(2))
            await asyncio.sleep(PAUSE)

    async def _silent(self, request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        return web.Response()


async def _begun(request: web.Request, length: int | None = None) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_type = "image/png"
    response.content_length = length
    await response.prepare(request)
    return response


@contextlib.asynccontextmanager
async def serving(site: Site, port: int = 0) -> AsyncIterator[str]:
    """Serve while the block lasts; gives the address of the start page."""
    runner = web.AppRunner(
        site.application(),
        access_log=None,
        handler_cancellation=True,  # when its client goes away
        shutdown_timeout=0.1,  # seconds that answers have to end by themselves
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def serve(site: Site, port: int) -> None:
    async with serving(site, port) as start:
        print(start, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="A web site to practise on.")
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--pages", type=int, default=15)
    parser.add_argument("--delay", type=float, default=0.1, help="seconds before each answer")
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
    given = parser.parse_args()
    site = Site(images=given.images, pages=given.pages, delay=given.delay)
    with (
        contextlib.suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=loop_factory(given.loop)) as runner,
    ):
        runner.run(serve(site, given.port))


if __name__ == "__main__":
    main()
