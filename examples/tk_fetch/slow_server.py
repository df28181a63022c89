"""An HTTP server that takes its time, to try the windows with.

    python slow_server.py --seconds 5

It answers every request with a line each tenth of a second, and says who has gone before the end.
"""

import argparse
import asyncio
from contextlib import suppress

from aiohttp import web

PAUSE = 0.1
LINE = b"a tenth of a second later\n"


async def answer(request: web.Request) -> web.StreamResponse:
    print("a request", flush=True)
    response = web.StreamResponse()
    await response.prepare(request)
    try:
        for _ in range(round(request.app[SECONDS] / PAUSE)):
            await response.write(LINE)
            await asyncio.sleep(PAUSE)
    except ConnectionResetError:
        print("the client has gone", flush=True)
    else:
        print("answered", flush=True)
    return response


SECONDS = web.AppKey("seconds", float)


async def serve(port: int, seconds: float) -> None:
    app = web.Application()
    app[SECONDS] = seconds
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        print(f"listening on http://127.0.0.1:{runner.addresses[0][1]}/", flush=True)
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description="A slow HTTP server.")
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each answer")
    options = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(options.port, options.seconds))


if __name__ == "__main__":
    main()
