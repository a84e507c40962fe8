"""The pages: upload, describe, build, read, ask, take away. Each drives what exists and computes nothing."""

import asyncio
import re
import secrets
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
from tornado.iostream import StreamClosedError
from tornado.web import StaticFileHandler

from helpers.app import asking, studies
from helpers.app.guard import REPORT_POLICY, Guarded
from helpers.app.looking import ask
from helpers.app.uploads import LARGEST, MEGABYTE, Receive, ReceiveList, Upload, forget, told, upload_of, waiting
from helpers.base.errors import StudyError
from helpers.base.files import remove
from helpers.base.paths import PARAMS, reports
from helpers.base.vocabulary import COLUMNS, CUSTOMER, FEATURES, LEDGER
from helpers.build.cards import card_context
from helpers.ledger.numbers import CURRENCIES
from helpers.new_study.write import NAME
from helpers.study.models import Kept, load
from helpers.study.series import BY_NAME, MODELS

ROLES = {"Order lines": LEDGER, "Customers": CUSTOMER, "Of all orders of a customer": FEATURES}
"""What a column may be, grouped for the form."""


class Home(Guarded):
    """Upload a file; the studies that there are."""

    def get(self) -> None:
        """Show them."""
        jobs = self.settings["jobs"]
        entries = [one | {"busy": jobs.is_active(one["name"])} for one in studies.listed()]
        self.show(
            "home.html.j2",
            studies=entries,
            waiting=[told(upload) for upload in waiting()],
            largest=LARGEST,
            megabytes=LARGEST // MEGABYTE,
        )


class New(Guarded):
    """What a file looks like and which column is which, as a form; then its study, built."""

    async def get(self, id_: str) -> None:
        """Show the form, or that the file is still being looked at."""
        if (upload := self._upload(id_)) is None:
            return None
        try:
            look = await self._look(upload, None)
        except StudyError as error:
            return self.refuse(422, f"{upload.shown}: {error}")
        return self._form(upload, look, {}, name=suggested_name(upload.shown), title=Path(upload.shown).stem)

    async def post(self, id_: str) -> None:
        """Look again with what was corrected, or write the study and build it."""
        if (upload := self._upload(id_)) is None:
            return None
        name, title = self.get_body_argument("name", "").strip(), self.get_body_argument("title", "").strip()
        currency = self.get_body_argument("currency", "")
        said: dict[str, Any] = {"currency": currency, "pseudonyms": bool(self.get_body_argument("pseudonyms", ""))}
        look = None
        try:
            look = await self._look(upload, None)
            headers = [column["header"] for column in look["columns"]]
            columns = {header: self.get_body_argument(f"c{n}", "") for n, header in enumerate(headers)}
            if self.get_body_argument("action", "") != "build":
                look = await self._look(upload, columns)
                return self._form(upload, look, said, name=name, title=title)
            if currency and currency not in CURRENCIES:
                raise StudyError(
                    f"The currency is {currency[:20]!r}, but should be one of {', '.join(CURRENCIES)}."
                )
            question = said | {"file": str(upload.path), "name": name, "title": title or name, "columns": columns}
            await ask(question | {"write": True})
        except StudyError as error:
            if look is None:
                return self.refuse(422, f"{upload.shown}: {error}")
            named = [
                column | {"name": self.get_body_argument(f"c{n}", "")} for n, column in enumerate(look["columns"])
            ]
            self.set_status(422)
            return self._form(upload, look | {"columns": named}, said, name=name, title=title, problem=str(error))
        forget(upload)
        self.settings["jobs"].start(name)
        return self.redirect(f"/studies/{name}/progress", status=303)

    def _upload(self, id_: str) -> Upload | None:
        upload = upload_of(id_)
        if upload is None:
            self.refuse(404, "This file is not here any more; upload it again.")
        return upload

    async def _look(self, upload: Upload, columns: dict[str, str] | None) -> dict[str, Any]:
        """Return a look at a file; one at a time for each question, and a page that is closed stops none."""
        looks, key = self.settings["looks"], (upload.id, repr(columns))
        if key not in looks:
            looks[key] = asyncio.create_task(ask({"file": str(upload.path), "columns": columns}))
        try:
            return await asyncio.shield(looks[key])
        except StudyError:
            looks.pop(key, None)
            raise

    def _form(
        self,
        upload: Upload,
        look: dict[str, Any],
        said: dict[str, Any],
        *,
        name: str,
        title: str,
        problem: str = "",
    ) -> None:
        currency = said.get("currency", look["currency"])
        chapters = [chapter | {"title": BY_NAME[chapter["name"]].title} for chapter in look["chapters"]]
        self.show(
            "new.html.j2",
            upload=told(upload),
            look=look | {"chapters": chapters, "currency": currency},
            name=name,
            title=title,
            pseudonyms=said.get("pseudonyms", False),
            problem=problem,
            roles=ROLES,
            known=COLUMNS | FEATURES,
            currencies=CURRENCIES,
        )


def suggested_name(shown: str) -> str:
    """Return a free name for the study of a file."""
    plain = re.sub(r"[^a-z0-9]+", "_", Path(shown).stem.lower()).strip("_")[:40]
    plain = plain if NAME.fullmatch(plain) else f"study_{plain}".strip("_")
    taken, name = {path.stem for path in PARAMS.glob("*.yml")}, plain
    for number in range(2, 1000):
        if name not in taken:
            break
        name = f"{plain}_{number}"
    return name


class Discard(Guarded):
    """A file that waits for a study and is not wanted."""

    def post(self, id_: str) -> None:
        """Remove it."""
        if upload := upload_of(id_):
            forget(upload)
        self.redirect("/", status=303)


class OfStudy(Guarded):
    """A page of one study, which is there."""

    def prepare(self) -> None:
        """Refuse what is no study."""
        super().prepare()
        if not self._finished:
            try:
                studies.study_file(self.path_args[0] if self.path_args else self.path_kwargs["name"])
            except StudyError as error:
                self.refuse(404, str(error))


class Build(OfStudy):
    """Build a study, or build it again."""

    def post(self, name: str) -> None:
        """Ask for it and show where it is."""
        self.settings["jobs"].start(name)
        self.redirect(f"/studies/{name}/progress", status=303)


class Stop(OfStudy):
    """End a build."""

    def post(self, name: str) -> None:
        """Stop it; the last good pages stay."""
        self.settings["jobs"].stop(name)
        self.redirect(f"/studies/{name}/progress", status=303)


class Progress(OfStudy):
    """Where a build is: the page, and the part of it that changes."""

    def get(self, name: str, part: str = "") -> None:
        """Show it."""
        try:
            at = self.settings["jobs"].progress(name)
        except StudyError as error:
            return self.refuse(422, str(error))
        template = "progress_part.html.j2" if part else "progress.html.j2"
        return self.show(template, study=studies.entry(name), at=at)


class Zip(OfStudy):
    """A study's report and file to take away, packed as it goes out."""

    async def get(self, name: str) -> None:
        """Send it piece by piece."""
        self.set_header("Content-Type", "application/zip")
        self.set_header("Content-Disposition", f'attachment; filename="{name}.zip"')
        pieces = studies.packed(name)
        loop = asyncio.get_running_loop()
        try:
            while (piece := await loop.run_in_executor(None, partial(next, pieces, None))) is not None:
                self.write(piece)
                await self.flush()
        except StreamClosedError:
            pieces.close()


class Delete(OfStudy):
    """Delete a study, after a question that says what goes."""

    def get(self, name: str) -> None:
        """Ask."""
        self.show("delete.html.j2", study=studies.entry(name), taken=studies.taken_away(name))

    def post(self, name: str) -> None:
        """Delete it, unless it is being built."""
        if self.settings["jobs"].is_active(name):
            return self.refuse(409, f"{name} is being built: stop the build first. Nothing was deleted.")
        studies.delete(name)
        return self.redirect("/", status=303)


class Report(Guarded, StaticFileHandler):
    """The pages and files of the reports."""

    def initialize(self) -> None:
        """Serve what is in the reports folder now."""
        StaticFileHandler.initialize(self, path=str(reports().resolve()))

    def set_extra_headers(self, path: str) -> None:
        """Let a page of a report do what it does from disk, and nothing more."""
        self.set_header("Content-Security-Policy", REPORT_POLICY)
        self.set_header("Cache-Control", "no-cache")

    async def get(self, path: str, include_body: bool = True) -> None:
        """Send a file; what begins with a dot is the build's own."""
        if any(part.startswith(".") for part in path.split("/")):
            return self.write_error(404)
        return await super().get(path, include_body)


class Shelf(Guarded):
    """The list of studies, where a report links to it."""

    def get(self) -> None:
        """Go to the home page."""
        self.redirect("/")


class OfModel(OfStudy):
    """A page of one kept model."""

    async def kept(self, name: str, model: str) -> Kept | None:
        """Return the model, looked over and loaded; None after a refusal."""
        folder = reports() / name / MODELS
        loop = asyncio.get_running_loop()
        try:
            if model not in {card.name for card in studies.cards(name)}:
                raise StudyError(f"{name} has no model {model[:50]!r}; build the study first.")
            return await loop.run_in_executor(None, load, folder, model)
        except StudyError as error:
            self.refuse(404, str(error))
            return None

    def today(self, name: str, model: str) -> pd.DataFrame:
        """Return the customers whom the chapter asked about."""
        file = reports() / name / MODELS / f"{model}.parquet"
        return pd.read_parquet(file) if file.exists() else pd.DataFrame()

    def page(self, kept: Kept, name: str, template: str, **values: Any) -> None:
        """Show a page about the model."""
        card = card_context(kept.card)
        self.show(template, study=studies.entry(name), card=card, kept=kept.card, **values)


class Predict(OfModel):
    """One customer: a form made of the model's features, the answer and its reasons; below it, a list."""

    async def get(self, name: str, model: str) -> None:
        """Show the form; with values, also the answer."""
        if (kept := await self.kept(name, model)) is None:
            return
        today, customer = self.today(name, model), self.get_query_argument("customer", "").strip()
        names = [feature.name for feature in kept.card.features]
        texts = {feature: self.get_query_argument(feature, "") for feature in names}
        asked = any(texts.values())
        found = today[today["customer_id"].astype(str) == customer] if customer and not asked else today[:0]
        start = found.iloc[0] if len(found) else {f.name: f.usual for f in kept.card.features}
        if not asked:
            texts = {feature: "" if pd.isna(start[feature]) else f"{start[feature]}" for feature in names}
            texts = {feature: text.removesuffix(".0") for feature, text in texts.items()}
        answer, wrong = asking.one(kept, texts, today) if asked else (None, {})
        unknown = customer and not asked and not len(found)
        self.page(
            kept, name, "predict.html.j2", texts=texts, answer=answer, wrong=wrong, customer=customer,
            problem=f"The report has no customer {customer[:50]!r}." if unknown else "", today=len(today),
            largest=ReceiveList.largest,
        )  # fmt: skip


class About(OfModel):
    """A model's card."""

    async def get(self, name: str, model: str) -> None:
        """Show it."""
        if kept := await self.kept(name, model):
            self.page(kept, name, "about.html.j2")


class Today(OfModel):
    """Today's customers as a list, to start one's own from."""

    async def get(self, name: str, model: str) -> None:
        """Send it as csv."""
        if (kept := await self.kept(name, model)) is None:
            return
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", f'attachment; filename="{name}_customers.csv"')
        names = ["customer_id", *(feature.name for feature in kept.card.features)]
        harmless = self.today(name, model)[names].map(asking.harmless_cell)
        self.finish(harmless.to_csv(index=False))


class Listed(OfModel):
    """The answers to a list that was uploaded: how many, what is wrong with the others, and the file."""

    async def get(self, name: str, model: str, id_: str, file: str = "") -> None:
        """Answer it once; then show what came of it, or send the file."""
        if (kept := await self.kept(name, model)) is None:
            return None
        answers, target = self.settings["answers"], None
        if (key := (name, model, id_)) not in answers:
            if (upload := upload_of(id_)) is None:
                return self.refuse(404, "This list is not here any more; upload it again.")
            target = Path(self.settings["scratch"].name) / f"{secrets.token_hex(8)}.csv"
            try:
                work = partial(asking.many, kept, upload.path, upload.shown, target)
                answers[key] = (await asyncio.get_running_loop().run_in_executor(None, work), upload.shown, target)
            except StudyError as error:
                remove(target)
                return self.refuse(422, str(error))
            finally:
                forget(upload)
        answer, shown, target = answers[key]
        if not file:
            return self.page(kept, name, "listed.html.j2", answer=answer, shown=shown, id=id_)
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", f'attachment; filename="{quote(Path(shown).stem)}_answers.csv"')
        return self.finish(target.read_bytes())


STUDY, MODEL, ID = r"([a-z0-9_]+)", r"([a-z0-9_]+)", r"([0-9a-f]{16})"
ROUTES = [
    (r"/", Home),
    (r"/upload", Receive),
    (rf"/new/{ID}", New),
    (rf"/new/{ID}/discard", Discard),
    (rf"/studies/{STUDY}/build", Build),
    (rf"/studies/{STUDY}/stop", Stop),
    (rf"/studies/{STUDY}/progress(/part)?", Progress),
    (rf"/studies/{STUDY}/zip", Zip),
    (rf"/studies/{STUDY}/delete", Delete),
    (rf"/predict/{STUDY}/{MODEL}", Predict),
    (rf"/predict/{STUDY}/{MODEL}/about", About),
    (rf"/predict/{STUDY}/{MODEL}/customers\.csv", Today),
    (rf"/predict/{STUDY}/{MODEL}/list", ReceiveList),
    (rf"/predict/{STUDY}/{MODEL}/list/{ID}(/answers\.csv)?", Listed),
    (r"/reports/?(?:index\.html)?", Shelf),
    (r"/reports/(.+)", Report),
]
