"""What the header of a column says it holds, in the languages ledgers come in.

A header is taken apart into words, its words into concepts (a date, an order, a customer, "number of"), and its
concepts together mean a column: `Rechnungsdatum` is an order and a date, so the date of the order. Concepts are
few and the languages share most stems, so this reads headers nobody listed.
"""

import re
import unicodedata
from typing import NamedTuple

# English, German, French, Spanish, Dutch, Italian and Portuguese, with the commonest of Swedish, Danish and
# Polish; without accents, because headers lose them. Before the bar are stems, found anywhere in a word; behind it
# are short words, found only as a whole word.
CONCEPTS = {
    "date": "date datum fecha timestamp zeitpunkt datahora | data dato tag day jour dia dag at when",
    "other_date": "deliver liefer livrais entrega lever consegna ship versand expedi birth geburt naiss nacim "
    "geboort nascitregistr signup update modifi valid expir arriv ankunft anreise abreise llegad chegad partenz "
    "checkin checkout dropoff resolv | due paid closed depart departure salida",
    "order": "invoice order receipt transaction transak basket rechnung beleg auftrag bestel kassenbon quittung "
    "factu fattur fatura faktur command ticket pedido recibo encomend ordine ordin scontrin ricevut orden "
    "kvitt zamowien paragon purchase achat compra acquist aankoop kauf inkop comprobant transazion transacc "
    "transac vorgang document reserv booking buchung boeking prenotaz | bon bill sale sales recu nota cheque kop "
    "ordre",
    "customer": "customer client kunde kund klant klient buyer shopper acheteur comprador kaeufer kaufer debitor "
    "debiteur mitglied usuario utente abonn member household visitor tessera adherent | socio socia "
    "user userid cust kd account",
    "product": "produ prodot artic artik artig item stock referenc towar warennr warennum | sku asin ean gtin upc "
    "plu art ref vare vara",
    "code": "| sku asin ean gtin upc plu ref",
    "name": "name naam nombre nome nazwa namn navn descri bezeichnung benaming benamning omschrijv beskriv libell "
    "designa titel title titre titulo titolo | nom text opis desc",
    "id": "number nummer numer code kode codig codic referenc stocknr | no nr n num id ids kod key nbr nro uuid "
    "ref",
    "line": "position zeile ligne linea regel riga linha | line pos row rad lp",
    "quantity": "quanti cantidad menge anzahl aantal antal ilosc stuck stueck piece pieza pezzi unidad unites "
    "hoeveel mangd | qty qte qta qtd cant units items count volume stk szt nombre",
    "unit": "unit einzel stuckpreis stueckpreis eenheid styck | per pro each pu ep",
    "price": "price preis prix precio prijs prezzo prezz preco | pris cena pu ep tarif tarifa",
    "amount": "amount betrag montant importe importo bedrag belopp belob umsatz revenue omzet total totaal gesamt "
    "summe valor valeur waarde wartosc spend spent chiffre turnover fatturat erlos erloes charges | sum suma "
    "somme amt value wert sales ca ventas monto valore",
    "money": "| dollar dollars euro euros eur pounds",
    "tax": "steuer impuesto imposta belasting | tax vat mwst ust tva iva btw moms",
    "included": "inkl incl | excl exkl ohne zzgl hors sin senza con mit ht ttc avec without with net gross",
    "freight": "shipping freight versandk fracht envio spedizion verzendk surcharge trinkgeld pourboire propina "
    "mancia | porto frais frete tip tips fooi toll tolls",
    "country": "country nazion landname lieferland kundenland | nation nationality land pays pais paese kraj "
    "staat",
    "person": "email phone telefon telef strasse street address adress direcc indiriz vorname nachname surname "
    "apellid prenom cognome apelid postcode postal | mail tel zip plz cap",
    "age": "leeftijd | age alter edad eta idade alder wiek ages",
    "gender": "gender geschlecht gesch genero geslacht genere | genre sex sexe sexo sesso kon plec kjonn",
    "income": "income einkommen inkom reddit dochod | revenu revenus ingreso ingresos renda rendimento salary",
    "region": "region regio bundesland provin regiao | state woj lan estado",
    "category": "categor kategor categorie warengruppe produktgruppe warengr productgroep famille | department "
    "rayon gruppe",
    "rating": "rating bewertung calificac valorac beoordel valutaz avaliac review stars ocena | note betyg",
    "season": "season saison jahreszeit temporada seizoen stagion estacao",
    "payment": "payment zahl paiement pago betaal betal pagament platnos payed | pay",
    "method": "method methode metod modo mode wijze mezzo moyen forma zahlungsart sposob weise | art type tipo",
    "preferred": "prefer bevorzug voorkeur ulubion favorit",
    "discount": "discount rabatt remise descuent korting sconto descont reduct rabat promo",
    "previous": "previous prior vorherig bisherig preceden anterior vorige eerdere tidigare | past",
    "frequency": "frequen haufigkeit haeufigkeit frecuen frekven rhythm rhytm czestotl",
    "loyalty": "loyal treue fidel lealtad fedel lealdad lojaln",
    "score": "score punkt punteg puntu satisf zufrieden prozent percent quartil | points point index rank rang "
    "pct ratio rate grade share",
    "duration": "since depuis desde sinds sedan tenure inactiv durat dauer duree duracion elapsed | seit "
    "dal od last ago months monate mois meses mesi days tage jours dias giorni dagen dagar dni hours minutes "
    "seconds years letzte letzter letzten dernier derniere ultimo ultima laatste sidste senaste",
    "recency": "recenc",
    "balance": "balanc saldo solde limit kredit debt revolv loan darleh emprunt prestam prestit emprest lening "
    "mutuo | bal credit",
    "status": "status statut chang | stato",
    "people": "passeng passag adult occupan | guests persons personnes personen persone personas pax",
    "outcome": "revenue churn attrit exited respon conver subscri default target outcome deposit click purchased "
    "bought cancel kundig abwander resili abband recom donat | y label class left baja hat",
    "count": "| num count counts cnt of orders purchases transactions bookings bestellungen einkaufe kaufe "
    "commandes achats compras pedidos ordini acquisti aankopen bestellingen kop ordrar zakupy",
    "sum": "spent spend gesamt totaal lifetime monetar umsatz | total totale clv ltv sum suma",
}  # fmt: skip
_WRITTEN = {name: tuple(part.split() for part in text.partition("|")[::2]) for name, text in CONCEPTS.items()}


BY_CHANCE = re.compile(
    "operat|generat|integrat|separat|consolidat|candidat|validat|mandat|tournament|recorder|border|abbonament"
)
"""How words begin that hold a stem and do not mean it: `OperatingSystems` is no rating."""


class Reading(NamedTuple):
    """A column that a header may mean, and how clearly it says so: 1 hardly, 2 probably, 3 plainly."""

    name: str
    clarity: int


def words_of(header: str) -> list[str]:
    """Return the words of a header: lower case, without accents, `InvoiceNo` and `Kd.-Nr.` taken apart."""
    text = header.replace("ß", "ss").replace("ł", "l").replace("Ł", "L").replace("ø", "o").replace("Ø", "O")
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)
    return re.findall(r"[a-z]+", spaced.lower())


def concepts_of(header: str) -> frozenset[str]:
    """Return the concepts that stand in a header."""
    words = [word for word in words_of(header) if not BY_CHANCE.match(word)]
    found = {
        name
        for name, (stems, short) in _WRITTEN.items()
        if any(word in short or any(stem in word for stem in stems) for word in words)
    }
    # "nr" closes German and Swedish compounds: kundennr, artnr
    if any(re.fullmatch(r".{3,}(nr|no|id)", word) for word in words):
        found.add("id")
    return frozenset(found)


def readings_of(header: str) -> list[Reading]:
    """Return what a header may mean, the clearest first; nothing for a header that says nothing known."""
    has = concepts_of(header)
    best: dict[str, int] = {}
    for name, needs, without, clarity in MEANINGS:
        if needs <= has and not without & has:
            best[name] = max(clarity, best.get(name, 0))
    return sorted((Reading(*item) for item in best.items()), key=lambda reading: -reading.clarity)


def is_personal(header: str) -> bool:
    """Return whether a header says that its column names or reaches a person."""
    has = concepts_of(header)
    return "person" in has or {"customer", "name"} <= has


_TRAITS = (
    "category region season rating age gender income discount payment frequency loyalty previous score duration"
)
_MEANINGS = (
    ("ordered_at", "order date", "other_date quantity amount price product duration status", 3),
    ("ordered_at", "date", "other_date customer person quantity amount price product order duration status", 2),
    ("ordered_at", "date", "quantity amount price duration", 1),
    (
        "order_id",
        "order id",
        f"date other_date line price amount quantity product customer person count status {_TRAITS}",
        3,
    ),
    (
        "order_id",
        "order",
        f"date other_date line price amount quantity product customer name count status {_TRAITS}",
        2,
    ),
    ("customer_id", "customer id", "date name line amount country person", 3),
    ("customer_id", "customer", f"date name order amount quantity country person method status {_TRAITS}", 2),
    ("customer_id", "customer name", "date country", 1),
    ("customer_id", "customer", f"date amount country person quantity method status {_TRAITS}", 1),
    ("product_id", "product id", "name price amount quantity date customer category", 3),
    ("product_id", "product code", "name price amount quantity date customer category", 3),
    ("product_id", "product", "name price amount quantity date customer order line category rating", 2),
    ("product_id", "product", "name price amount quantity date customer category rating", 1),
    ("product_name", "product name", "customer price amount date category", 3),
    ("product_name", "name", "customer person order country region category date payment", 2),
    ("product_name", "product", "id code price amount quantity date customer category rating line", 2),
    ("quantity", "quantity", "price amount customer name product date people", 3),
    ("quantity", "quantity", "price amount customer date people", 2),
    ("unit_price", "price unit", "amount tax discount freight id", 3),
    ("unit_price", "price unit included", "amount discount freight id", 3),
    ("unit_price", "price", "amount tax discount freight id", 2),
    ("unit_price", "price included", "amount discount freight id", 2),
    ("recency", "duration order", "amount count frequency product score", 3),
    ("recency", "recency", "score", 3),
    ("frequency", "count order", "amount duration date price discount previous frequency score", 3),
    ("frequency", "frequency", "amount order", 3),
    (
        "revenue",
        "amount",
        "tax discount freight unit customer quantity loyalty income rating score duration balance",
        3,
    ),
    ("revenue", "amount included", "discount freight unit quantity income score duration balance", 3),
    ("revenue", "amount", "tax discount freight loyalty income score duration balance", 1),
    ("revenue", "money", "amount price tax discount freight income score duration balance", 2),
    ("country", "country", "date amount quantity", 3),
    ("age", "age", "amount order product", 3),
    ("gender", "gender", "", 3),
    ("income", "income", "order product included", 3),
    ("income", "income", "order product", 2),
    ("region", "region", "order", 3),
    ("category", "category product", "income age rating customer score", 3),
    ("category", "category", "income age rating customer score", 2),
    ("category", "product line", "id price amount quantity", 2),
    ("rating", "rating", "", 3),
    ("season", "season", "", 3),
    ("payment_method", "payment method", "preferred date amount", 3),
    ("payment_method", "payment", "preferred date amount id order frequency quantity", 2),
    ("preferred_payment_method", "payment preferred", "date amount", 3),
    ("discount_applied", "discount", "amount price id", 3),
    ("previous_purchases", "previous order", "date amount duration", 3),
    ("purchase_rhythm", "frequency", "amount", 3),
    ("purchase_frequency", "frequency", "amount", 3),
    ("loyalty_score", "loyalty", "id date", 3),
)
MEANINGS = tuple((name, frozenset(n.split()), frozenset(w.split()), clarity) for name, n, w, clarity in _MEANINGS)
"""Column, the concepts its header has, those it must not have, and how clear that is."""
