"""`minkang client`: the register of programs that may call the REST interface."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from minkang.cli.output import output
from minkang.settings import read_settings
from minkang.wiring import open_platform

app = typer.Typer(help="服务客户端的登记。 The register of service clients.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json")]
Id = Annotated[str, typer.Argument(help="客户端标识。 The client's id.")]


@app.command()
def add(
    id: Id,
    name: Annotated[str, typer.Option(help="名称。 A name for people.")] = "",
    scope: Annotated[str, typer.Option(help="授权范围,空格分隔。 Scopes, space-separated.")] = "system/*.read",
    keys: Annotated[Path | None, typer.Option(help="公钥 JWK 集文件。 Its public keys, a JWK set.")] = None,
    as_json: Json = False,
) -> None:
    """Register a client; its secret is shown once. 登记客户端,密钥只显示一次。"""
    out = output(as_json=as_json)
    jwks = json.loads(keys.read_text("utf-8")) if keys else None
    with closing(open_platform(read_settings(), notice=out.notice)) as platform:
        client, secret = platform.clients.add(id, name or id, scope, keys=jwks)
    out.result({"client_id": client.id, "client_secret": secret, "scopes": client.scopes})
    out.say("client.added", id=client.id, scopes=client.scopes)
    if secret:
        out.say("client.secret", secret=secret)


@app.command("list")
def list_clients(as_json: Json = False) -> None:
    """List the clients. 列出客户端。"""
    out = output(as_json=as_json)
    with closing(open_platform(read_settings(), notice=out.notice)) as platform:
        clients = platform.clients.list()
    rows = [(one.id, one.name, one.scopes, one.active, one.created.date()) for one in clients]
    heads = ("id", "name", "scopes", "active", "created")
    out.result({"clients": [dict(zip(heads, row, strict=True)) for row in rows]})
    out.table([f"client.{head}" for head in heads], rows)


@app.command("renew-secret")
def renew_secret(id: Id, as_json: Json = False) -> None:
    """Give a client a new secret, shown once. 更换密钥,只显示一次。"""
    out = output(as_json=as_json)
    with closing(open_platform(read_settings(), notice=out.notice)) as platform:
        secret = platform.clients.renew_secret(id)
    out.result({"client_id": id, "client_secret": secret})
    out.say("client.secret", secret=secret)


@app.command()
def disable(id: Id, as_json: Json = False) -> None:
    """Shut a client out; its tokens end within seconds. 停用客户端,其令牌数秒内失效。"""
    out = output(as_json=as_json)
    with closing(open_platform(read_settings(), notice=out.notice)) as platform:
        platform.clients.disable(id)
    out.result({"client_id": id, "active": False})
    out.say("client.disabled", id=id)


@app.command()
def enable(id: Id, as_json: Json = False) -> None:
    """Let a client in again. 重新启用客户端。"""
    out = output(as_json=as_json)
    with closing(open_platform(read_settings(), notice=out.notice)) as platform:
        platform.clients.enable(id)
    out.result({"client_id": id, "active": True})
    out.say("client.enabled", id=id)
