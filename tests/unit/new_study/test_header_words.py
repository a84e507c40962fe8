"""Headers in the languages ledgers come in: what each is taken for, and what it is not."""

import pytest

from helpers.base.vocabulary import COLUMNS, FEATURES
from helpers.new_study.header_words import MEANINGS, is_personal, readings_of, words_of

HEADERS = {
    "order_id": "InvoiceNo|invoice_no|Order ID|Receipt #|transaction_id|Rechnungs-Nr.|Belegnr|"
    "Bestellnummer|Kassenbon|"
    "N° facture|Numéro de commande|Nº pedido|Ticket|Factuurnummer|Bestelnummer|Numero fattura|Scontrino n.|"
    "Número do pedido|Encomenda|Fakturanummer|Numer faktury",
    "ordered_at": "InvoiceDate|Order Date|created_at|timestamp|Rechnungsdatum|Datum|Bestelldatum|"
    "Date de facture|Date|"
    "Fecha|Fecha de pedido|Factuurdatum|Data ordine|Data do pedido|Fakturadatum|Data sprzedaży",
    "customer_id": "CustomerID|customer|Client No|user_id|member id|Kunden-Nr.|Kd.-Nr.|Kunde|Code client|Cliente|"
    "Código de cliente|Klantnummer|Codice cliente|Código do cliente|Kundnummer|Klient",
    "product_id": "StockCode|SKU|item_id|Product Code|EAN|Artikelnummer|Art.-Nr.|Réf. article|Code article|"
    "Código artículo|Referencia|Artikelcode|Codice articolo|Código do produto|Kod produktu",
    "product_name": "Description|item_name|Product name|Artikelbezeichnung|Bezeichnung|Désignation|"
    "Libellé article|"
    "Descripción|Nombre del producto|Omschrijving|Descrizione|Descrição|Benämning|Nazwa towaru",
    "quantity": "Quantity|Qty|Units|Menge|Anzahl|Stück|Qté|Quantité|Cantidad|Uds. cantidad|Aantal|"
    "Quantità|Quantidade|"
    "Antal|Ilość",
    "unit_price": "UnitPrice|Price|Price each|Einzelpreis|Preis|Stückpreis|Prix unitaire HT|P.U. prix|"
    "Precio unitario|"
    "Precio|Prijs per stuk|Prezzo unitario|Preço unitário|Pris|Cena",
    "revenue": "Amount|Line Total|Sales|revenue|Umsatz|Gesamtbetrag (EUR)|Betrag inkl. MwSt|Montant TTC|"
    "Total|Importe|"
    "Importe total|Bedrag|Importo|Valor total|Belopp|Wartość|total_price|Gesamtpreis",
    "country": "Country|Land|Pays|País|Paese|Nazione|Kraj|Shipping country",
    "age": "Age|Alter|Edad|Leeftijd",
    "income": "annual_income|Einkommen|Revenu annuel|Inkomen|Reddito",
    "preferred_payment_method": "Preferred Payment Method|Bevorzugte Zahlungsart",
    "payment_method": "Payment Method|Zahlungsart|Forma de pago|Betaalwijze methode",
    "discount_applied": "Discount Applied|Rabatt|Korting",
    "loyalty_score": "loyalty_score|Treuepunkte|Puntos de fidelidad",
}


@pytest.mark.parametrize(("name", "headers"), HEADERS.items(), ids=HEADERS.keys())
def test_a_header_is_read_in_many_languages(name, headers):
    misread = {}
    for header in headers.split("|"):
        readings = readings_of(header)
        if not readings or readings[0].name != name:
            misread[header] = readings
    assert not misread


@pytest.mark.parametrize(
    ("header", "never"),
    [
        ("Lieferdatum", "order_id"),
        ("Tax amount", "revenue"),
        ("MwSt", "revenue"),
        ("Discount amount", "revenue"),
        ("Versandkosten gesamt", "revenue"),
        ("Order line no", "order_id"),
        ("Order date", "order_id"),
        ("Customer country", "customer_id"),
        ("Customer since date", "customer_id"),
        ("Postal code", "product_id"),
        ("Product category", "product_id"),
        ("Gesamtpreis", "unit_price"),
        ("Previous Purchases", "quantity"),
    ],
)
def test_a_header_is_not_mistaken(header, never):
    assert never not in {reading.name for reading in readings_of(header)}


def test_a_date_of_something_else_is_a_weak_reading():
    clarity = {h: readings_of(h)[0].clarity for h in ("Order Date", "Date", "Ship Date", "Lieferdatum")}
    assert clarity["Order Date"] > clarity["Date"] > clarity["Ship Date"] == clarity["Lieferdatum"]


@pytest.mark.parametrize("header", ["", "x", "col1", "Feld 3", "123", "???", "Pos.", "Filiale"])
def test_a_header_that_says_nothing_is_read_as_nothing(header):
    assert readings_of(header) == []


@pytest.mark.parametrize(
    ("header", "words"),
    [("InvoiceNo", ["invoice", "no"]), ("Kd.-Nr.", ["kd", "nr"]), ("Größe (cm)", ["grosse", "cm"]),
     ("CustomerID", ["customer", "id"]), ("SKUCode", ["sku", "code"]), ("N°", ["n"]), ("Beløb", ["belob"])],
)  # fmt: skip
def test_words_of_a_header(header, words):
    assert words_of(header) == words


def test_people_are_noticed():
    assert all(map(is_personal, ["Customer Name", "E-Mail", "Kundenname", "Telefon", "Shipping address", "PLZ"]))
    assert not any(map(is_personal, ["Customer ID", "Product name", "Country", "Quantity"]))


def test_meanings_name_known_columns_and_can_be_met():
    for name, needs, without, clarity in MEANINGS:
        assert name in COLUMNS | FEATURES
        assert needs and not needs & without
        assert clarity in (1, 2, 3)
