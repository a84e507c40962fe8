"""Ledgers as other shops keep them: one shop's lines under other headers, languages, marks and date orders."""

import csv
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from helpers.study.series import CHAPTERS

PLACES = ["Germany", "France", "Spain", "Netherlands", "Italy"]
WORDS = ["Blue Cup", "Oak Tray", "Small Lamp", "Wool Blanket", "Paper Star", "Glass Bowl", "Tin Box", "Felt Bag"]
CUSTOMERS = "anomaly regression purchase_prediction what_changed lifetime_value"
DATED = f"eda cleaning rfm clustering tree_embedding {CUSTOMERS}"
"""Chapters that fit dated orders of customers, without products."""
UNPRICED = "eda cleaning rfm clustering anomaly recommendation purchase_prediction what_changed lifetime_value"


def core(orders: int = 240, customers: int = 60, days: int = 400, latest_day: int = 31) -> list[dict[str, Any]]:
    """Return the lines of a shop: always the same, in the order of time, with a few returns and lines twice.

    Args:
        orders: how many orders there are.
        customers: how many customers place them.
        days: from the first order to the last, about.
        latest_day: orders are placed up to this day of the month, so that 12 makes every date ambiguous.
    """
    rng = random.Random(7)
    rows = []
    for order in range(orders):
        customer = order % customers if order < customers else rng.randrange(customers)
        moment = datetime(2023, 1, 2, 9, 0) + timedelta(days=order * days / orders, minutes=rng.randrange(480))
        moment = moment.replace(day=min(moment.day, latest_day))
        for product in rng.sample(range(40), rng.randint(1, 4)):
            back = rng.random() < 0.03
            quantity, price = rng.choice([1, 2, 3, 4, 6, 12]), round(1.15 + product * 0.85, 2)
            rows.append(
                {
                    "order": f"{'G' if back else 'R'}{20000 + order}",
                    "moment": moment,
                    "customer": 70000 + customer * 13,
                    "person": f"Pat Sample{customer}",
                    "code": f"{4000 + product * 7}{'AB'[product % 2]}",
                    "product": f"{WORDS[product % 8]} {product:02d}",
                    "quantity": -quantity if back else quantity,
                    "price": price,
                    "amount": round((-quantity if back else quantity) * price, 2),
                    "country": PLACES[customer % 5],
                    "tax": 19,
                }
            )
    return sorted(rows + rows[10:16], key=lambda row: (row["moment"], row["order"]))


def shoppers(count: int = 120) -> list[dict[str, Any]]:
    """Return one line a customer."""
    rng = random.Random(8)
    return [
        {
            "customer": 501 + n,
            "age": rng.randint(18, 79),
            "gender": rng.choice(["w", "m"]),
            "income": rng.randrange(20_000, 90_000, 500),
            "amount": round(rng.uniform(10, 900), 2),
            "loyalty": rng.randint(1, 10),
            "region": rng.choice(["Nord", "Ost", "Süd", "West"]),
        }
        for n in range(count)
    ]


@dataclass(frozen=True)
class Foreign:
    """A way to keep a ledger: its header over which of the shop's columns, and how values are written."""

    file: str
    header: dict[str, str]
    """Header -> column of `core` or `shoppers`."""
    expected: dict[str, str]
    """Header -> the canonical name it should be guessed as."""
    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: str = "."
    dates: str = "%Y-%m-%d %H:%M"
    expected_dates: str | None = None
    chapters: str = " ".join(chapter.name for chapter in CHAPTERS)
    rows: Callable[[], list[dict[str, Any]]] = field(default=core)

    def text(self, value: Any) -> str:
        """Return a value as this shop writes it."""
        if isinstance(value, datetime | date):
            return value.strftime(self.dates)
        if isinstance(value, float):
            whole, fraction = f"{value:,.2f}".split(".")
            thousands = "." if self.decimal == "," else ","
            return whole.replace(",", thousands) + self.decimal + fraction
        return str(value)

    def write(self, folder: Path) -> Path:
        """Write the ledger into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.file
        if path.suffix != ".csv":
            return self._write_typed(path)
        with path.open("w", newline="", encoding=self.encoding) as stream:
            writer = csv.writer(stream, delimiter=self.delimiter)
            writer.writerow(self.header)
            for row in self.rows():
                writer.writerow([self.text(row[column]) for column in self.header.values()])
        return path

    def _write_typed(self, path: Path) -> Path:
        import pandas as pd

        frame = pd.DataFrame([{title: row[name] for title, name in self.header.items()} for row in self.rows()])
        if path.suffix == ".parquet":
            frame.to_parquet(path)
        else:
            frame.to_excel(path, index=False, engine="xlsxwriter")
        return path


FOREIGN = {
    "german": Foreign(
        file="verkäufe.csv",
        header={
            "Rechnungs-Nr.": "order", "Pos.": "tax", "Rechnungsdatum": "moment", "Kunden-Nr.": "customer",
            "Kundenname": "person", "Art.-Nr.": "code", "Artikelbezeichnung": "product", "Menge": "quantity",
            "Einzelpreis": "price", "Gesamtbetrag (€)": "amount", "Land": "country", "MwSt": "tax",
        },
        expected={
            "Rechnungs-Nr.": "order_id", "Rechnungsdatum": "ordered_at", "Kunden-Nr.": "customer_id",
            "Art.-Nr.": "product_id", "Artikelbezeichnung": "product_name", "Menge": "quantity",
            "Einzelpreis": "unit_price", "Gesamtbetrag (€)": "revenue", "Land": "country",
        },
        delimiter=";", encoding="cp1252", decimal=",", dates="%d.%m.%Y", expected_dates="%d.%m.%Y",
    ),
    "french": Foreign(
        file="ventes.csv",
        header={
            "N° facture": "order", "Date": "moment", "Code client": "customer", "Réf. article": "code",
            "Désignation": "product", "Qté": "quantity", "Prix unitaire": "price", "Pays": "country",
        },
        expected={
            "N° facture": "order_id", "Date": "ordered_at", "Code client": "customer_id",
            "Réf. article": "product_id", "Désignation": "product_name", "Qté": "quantity",
            "Prix unitaire": "unit_price", "Pays": "country",
        },
        delimiter="\t", encoding="utf-8-sig", decimal=",", dates="%d/%m/%Y %H:%M", expected_dates="%d/%m/%Y %H:%M",
    ),
    "american": Foreign(
        file="orders.csv",
        header={
            "Order #": "order", "OrderDate": "moment", "Customer Name": "person", "Cust ID": "customer",
            "SKU": "code", "Item": "product",
            "Qty": "quantity", "Unit Price ($)": "price", "Ship Country": "country",
        },
        expected={
            "Order #": "order_id", "OrderDate": "ordered_at", "Cust ID": "customer_id", "SKU": "product_id",
            "Item": "product_name", "Qty": "quantity", "Unit Price ($)": "unit_price", "Ship Country": "country",
        },
        dates="%m/%d/%y", expected_dates="%m/%d/%y",
    ),
    "spanish_without_products": Foreign(
        file="pedidos.csv",
        header={
            "Nº pedido": "order", "Fecha": "moment", "Cliente": "customer", "Importe": "amount", "País": "country",
        },
        expected={
            "Nº pedido": "order_id", "Fecha": "ordered_at", "Cliente": "customer_id", "Importe": "revenue",
            "País": "country",
        },
        delimiter=";", decimal=",", dates="%d-%m-%Y", expected_dates="%d-%m-%Y",
        chapters=DATED,
    ),
    "dutch_without_prices": Foreign(
        file="facturen.csv",
        header={
            "Factuurnummer": "order", "Factuurdatum": "moment", "Klantnummer": "customer", "Artikelcode": "code",
            "Omschrijving": "product", "Aantal": "quantity", "Bedrag": "amount",
        },
        expected={
            "Factuurnummer": "order_id", "Factuurdatum": "ordered_at", "Klantnummer": "customer_id",
            "Artikelcode": "product_id", "Omschrijving": "product_name", "Aantal": "quantity", "Bedrag": "revenue",
        },
        delimiter="|", decimal=",", dates="%d/%m/%Y", expected_dates="%d/%m/%Y",
        rows=lambda: core(latest_day=12),
    ),
    "italian_only_counts": Foreign(
        file="vendite.csv",
        header={
            "Data ordine": "moment", "Numero ordine": "order", "Codice cliente": "customer",
            "Codice articolo": "code", "Quantità": "quantity",
        },
        expected={
            "Data ordine": "ordered_at", "Numero ordine": "order_id", "Codice cliente": "customer_id",
            "Codice articolo": "product_id", "Quantità": "quantity",
        },
        delimiter=";", dates="%d/%m/%Y", expected_dates="%d/%m/%Y",
        chapters=UNPRICED,
    ),
    "portuguese_without_customers": Foreign(
        file="vendas.csv",
        header={
            "Número do pedido": "order", "Data do pedido": "moment",
            "Produto": "product", "Quantidade": "quantity",
            "Preço unitário": "price",
        },
        expected={
            "Número do pedido": "order_id", "Data do pedido": "ordered_at", "Produto": "product_name",
            "Quantidade": "quantity", "Preço unitário": "unit_price",
        },
        encoding="cp1252", delimiter=";", decimal=",", dates="%Y/%m/%d",
        chapters="eda cleaning anomaly recommendation what_changed",
    ),
    "without_order_numbers": Foreign(
        file="till.csv",
        header={"customer": "customer", "date": "moment", "cds": "quantity", "dollars": "amount"},
        expected={"customer": "customer_id", "date": "ordered_at", "dollars": "revenue"},
        dates="%Y%m%d", expected_dates="%Y%m%d",
        chapters=DATED,
    ),
    "receipts": Foreign(
        file="receipts.csv",
        header={"member_id": "customer", "purchased_at": "moment", "total": "amount"},
        expected={"member_id": "customer_id", "purchased_at": "ordered_at", "total": "revenue"},
        dates="%d %b %Y", expected_dates="%d %b %Y",
        chapters=DATED,
    ),
    "german_customers": Foreign(
        file="kunden.csv",
        header={
            "Kundennummer": "customer", "Alter": "age", "Geschlecht": "gender", "Jahreseinkommen": "income",
            "Einkaufsbetrag": "amount", "Treuepunkte": "loyalty", "Region": "region",
        },
        expected={
            "Kundennummer": "customer_id", "Alter": "age", "Geschlecht": "gender", "Jahreseinkommen": "income",
            "Einkaufsbetrag": "revenue", "Treuepunkte": "loyalty_score", "Region": "region",
        },
        delimiter=";", decimal=",", chapters="eda cleaning rfm clustering anomaly regression", rows=shoppers,
    ),
    "swedish_workbook": Foreign(
        file="fakturor.xlsx",
        header={
            "Fakturanummer": "order", "Fakturadatum": "moment", "Kundnummer": "customer", "Artikelnummer": "code",
            "Benämning": "product", "Antal": "quantity", "Pris": "price", "Land": "country",
        },
        expected={
            "Fakturanummer": "order_id", "Fakturadatum": "ordered_at", "Kundnummer": "customer_id",
            "Artikelnummer": "product_id", "Benämning": "product_name", "Antal": "quantity", "Pris": "unit_price",
            "Land": "country",
        },
    ),
    "unnamed_numbers": Foreign(
        file="export.parquet",
        header={
            "belegnr": "order", "wann": "moment", "kd_nr": "customer",
            "a": "quantity", "b": "price", "c": "amount",
            "wo": "country",
        },
        expected={
            "belegnr": "order_id", "wann": "ordered_at",
            "kd_nr": "customer_id", "a": "quantity", "b": "unit_price",
            "c": "revenue", "wo": "country",
        },
        chapters=DATED,
    ),
}  # fmt: skip
