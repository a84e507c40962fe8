"""Tables of many kinds as they are published: their headers, what stands below them, and what each column is.

Headers and types only, from memory of their documentation; the values are drawn. A column without a name after
`->` is nothing that the series has a name for: taking it for something is a mistake.
"""

import random
from datetime import datetime, timedelta

import pandas as pd

ROWS = 400

TABLES = {
    # name: what a row is, and its columns as `header: what stands there [-> what it is]`
    "marketing campaign": (
        "customers",
        "ID: key -> customer_id; Year_Birth: int 1940 1996; Education: of Graduation|PhD|Master|Basic; "
        "Marital_Status: of Married|Single|Together; Income: int 10000 90000 -> income; Kidhome: int 0 2; "
        "Teenhome: int 0 2; Dt_Customer: date; Recency: int 0 99 -> recency; MntWines: int 0 1400; MntFruits: int"
        " 0 190; MntMeatProducts: int 0 900; NumDealsPurchases: int 0 15; NumWebPurchases: int 0 12; "
        "NumStorePurchases: int 0 13; NumWebVisitsMonth: int 0 10; AcceptedCmp3: flag; Complain: flag; "
        "Z_CostContact: same 3; Z_Revenue: same 11; Response: flag",
    ),
    "telco churn": (
        "customers",
        "customerID: code -> customer_id; gender: of Male|Female -> gender; SeniorCitizen: flag; Partner: of "
        "Yes|No; Dependents: of Yes|No; tenure: int 0 72; PhoneService: of Yes|No; InternetService: of DSL|Fiber "
        "optic|No; Contract: of Month-to-month|One year|Two year; PaperlessBilling: of Yes|No; PaymentMethod: of "
        "Electronic check|Mailed check|Credit card -> payment_method; MonthlyCharges: money 18 118; "
        "TotalCharges: money 18 8000 -> monetary; Churn: of Yes|No",
    ),
    "mall customers": (
        "customers",
        "CustomerID: key -> customer_id; Genre: of Male|Female -> gender; Age: int 18 70 -> age; Annual Income "
        "(k$): int 15 137 -> income; Spending Score (1-100): int 1 99",
    ),
    "e-commerce customer behaviour": (
        "customers",
        "Customer ID: key -> customer_id; Gender: of Male|Female -> gender; Age: int 26 43 -> age; City: of New "
        "York|Los Angeles|Chicago; Membership Type: of Gold|Silver|Bronze; Total Spend: money 400 1500 -> "
        "monetary; Items Purchased: int 7 21; Average Rating: float 3 5 -> rating; Discount Applied: of "
        "TRUE|FALSE -> discount_applied; Days Since Last Purchase: int 9 63 -> recency; Satisfaction Level: of "
        "Satisfied|Neutral|Unsatisfied",
    ),
    "online shoppers intention": (
        "rows of their own",
        "Administrative: int 0 27; Administrative_Duration: float 0 3000; Informational: int 0 24; "
        "Informational_Duration: float 0 2500; ProductRelated: int 0 700; ProductRelated_Duration: float 0 60000;"
        " BounceRates: float 0 0.2; ExitRates: float 0 0.2; PageValues: float 0 360; SpecialDay: float 0 1; "
        "Month: of May|Nov|Mar|Dec; OperatingSystems: int 1 8; Browser: int 1 13; Region: int 1 9 -> region; "
        "TrafficType: int 1 20; VisitorType: of Returning_Visitor|New_Visitor; Weekend: of TRUE|FALSE; Revenue: "
        "of TRUE|FALSE",
    ),
    "bank marketing": (
        "rows of their own",
        "age: int 18 90 -> age; job: of admin.|technician|services; marital: of married|single; education: of "
        "secondary|tertiary; default: of yes|no; balance: int -900 9000; housing: of yes|no; loan: of yes|no; "
        "contact: of cellular|telephone; day: int 1 31; month: of may|jul|aug; duration: int 5 3000; campaign: "
        "int 1 30; pdays: int -1 800; previous: int 0 20; poutcome: of unknown|failure|success; y: of yes|no",
    ),
    "bank churners": (
        "customers",
        "RowNumber: key; CustomerId: key -> customer_id; Surname: name; CreditScore: int 350 850; Geography: of "
        "France|Spain|Germany -> country; Gender: of Male|Female -> gender; Age: int 18 92 -> age; Tenure: int 0 "
        "10; Balance: money 0 250000; NumOfProducts: int 1 4; HasCrCard: flag; IsActiveMember: flag; "
        "EstimatedSalary: money 11 199000 -> income; Exited: flag",
    ),
    "shopping trends": (
        "customers",
        "Customer ID: key -> customer_id; Age: int 18 70 -> age; Gender: of Male|Female -> gender; Item "
        "Purchased: of Blouse|Sweater|Jeans|Sandals -> product_name; Category: of Clothing|Footwear -> category; "
        "Purchase Amount (USD): int 20 100 -> revenue; Location: of Kentucky|Maine|Texas; Size: of S|M|L; Season:"
        " of Winter|Spring -> season; Review Rating: float 2.5 5 -> rating; Subscription Status: of Yes|No; "
        "Payment Method: of Cash|PayPal -> payment_method; Discount Applied: of Yes|No -> discount_applied; "
        "Previous Purchases: int 1 50 -> previous_purchases; Preferred Payment Method: of Cash|Venmo -> "
        "preferred_payment_method; Frequency of Purchases: of Weekly|Monthly -> purchase_rhythm",
    ),
    "insurance charges": (
        "rows of their own",
        "age: int 18 64 -> age; sex: of male|female -> gender; bmi: float 16 53; children: int 0 5; smoker: of "
        "yes|no; region: of southwest|southeast -> region; charges: money 1100 63000 -> revenue",
    ),
    "credit card customers": (
        "customers",
        "CLIENTNUM: key -> customer_id; Attrition_Flag: of Existing Customer|Attrited Customer; Customer_Age: int"
        " 26 73 -> age; Gender: of M|F -> gender; Dependent_count: int 0 5; Education_Level: of Graduate|High "
        "School; Income_Category: of Less than $40K|$60K - $80K; Card_Category: of Blue|Gold; Months_on_book: int"
        " 13 56; Total_Relationship_Count: int 1 6; Months_Inactive_12_mon: int 0 6; Credit_Limit: money 1400 "
        "34000; Total_Revolving_Bal: int 0 2517; Avg_Open_To_Buy: money 3 34000; Total_Trans_Amt: int 510 18000 "
        "-> monetary; Total_Trans_Ct: int 10 139; Avg_Utilization_Ratio: float 0 1",
    ),
    "online retail": (
        "order lines",
        "InvoiceNo: order -> order_id; StockCode: product -> product_id; Description: text -> product_name; "
        "Quantity: int 1 40 -> quantity; InvoiceDate: date -> ordered_at; UnitPrice: money 0.4 20 -> unit_price; "
        "CustomerID: customer -> customer_id; Country: of United Kingdom|France|Germany -> country",
    ),
    "superstore": (
        "order lines",
        "Row ID: key; Order ID: order -> order_id; Order Date: date -> ordered_at; Ship Date: date; Ship Mode: of"
        " Second Class|First Class; Customer ID: customer -> customer_id; Customer Name: name; Segment: of "
        "Consumer|Corporate; Country: of United States|Canada -> country; City: of Henderson|Seattle; State: of "
        "Kentucky|Texas -> region; Postal Code: int 10000 99000; Product ID: product -> product_id; Category: of "
        "Furniture|Office -> category; Sub-Category: of Chairs|Labels; Product Name: text -> product_name; Sales:"
        " money 1 900 -> revenue; Quantity: int 1 14 -> quantity; Discount: float 0 0.8; Profit: money -200 300",
    ),
    "cdnow": (
        "orders",
        "customer_id: customer -> customer_id; date: date -> ordered_at; quantity: int 1 9 -> quantity; price: "
        "money 7 200 -> unit_price",
    ),
    "olist orders": (
        "orders",
        "order_id: code -> order_id; customer_id: code -> customer_id; order_status: of delivered|shipped; "
        "order_purchase_timestamp: date -> ordered_at; order_approved_at: date; order_delivered_customer_date: "
        "date; order_estimated_delivery_date: date",
    ),
    "instacart orders": (
        "orders",
        "order_id: key -> order_id; user_id: customer -> customer_id; eval_set: of prior|train; order_number: int"
        " 1 60; order_dow: int 0 6; order_hour_of_day: int 0 23; days_since_prior_order: int 0 30",
    ),
    "retail rocket events": (
        "order lines",
        "timestamp: date -> ordered_at; visitorid: customer -> customer_id; event: of view|addtocart; itemid: "
        "product -> product_id",
    ),
    "sample sales data": (
        "order lines",
        "ORDERNUMBER: order -> order_id; QUANTITYORDERED: int 6 97 -> quantity; PRICEEACH: money 27 100 -> "
        "unit_price; ORDERLINENUMBER: int 1 18; SALES: money 480 14000 -> revenue; ORDERDATE: date -> ordered_at;"
        " STATUS: of Shipped|Disputed; QTR_ID: int 1 4; MONTH_ID: int 1 12; YEAR_ID: int 2003 2005; PRODUCTLINE: "
        "of Motorcycles|Classic Cars; MSRP: int 33 214; PRODUCTCODE: product -> product_id; CUSTOMERNAME: buyer "
        "-> customer_id; PHONE: of 2125557818|26.47.1555; CITY: of NYC|Reims; COUNTRY: of USA|France -> country; "
        "DEALSIZE: of Small|Medium",
    ),
    "supermarket sales": (
        "orders",
        "Invoice ID: code -> order_id; Branch: of A|B|C; City: of Yangon|Mandalay; Customer type: of "
        "Member|Normal; Gender: of Male|Female -> gender; Product line: of Health and beauty|Sports -> category; "
        "Unit price: money 10 100 -> unit_price; Quantity: int 1 10 -> quantity; Tax 5%: money 0.5 50; Total: "
        "money 10 1000 -> revenue; Date: date -> ordered_at; Payment: of Cash|Ewallet -> payment_method; cogs: "
        "money 10 990; gross income: money 0.5 50; Rating: float 4 10 -> rating",
    ),
    "hotel bookings": (
        "rows of their own",
        "hotel: of Resort Hotel|City Hotel; is_canceled: flag; lead_time: int 0 700; arrival_date_year: int 2015 "
        "2017; arrival_date_month: of July|August; stays_in_week_nights: int 0 20; adults: int 1 4; children: int"
        " 0 3; meal: of BB|HB; market_segment: of Direct|Online TA; is_repeated_guest: flag; "
        "previous_cancellations: int 0 20; adr: money 0 500; reservation_status: of Check-Out|Canceled",
    ),
    "german shop customers": (
        "customers",
        "Kundennummer: key -> customer_id; Alter: int 18 90 -> age; Geschlecht: of w|m -> gender; Anzahl "
        "Bestellungen: int 1 40 -> frequency; Gesamtumsatz: money 10 9000 -> monetary; Tage seit letzter "
        "Bestellung: int 0 700 -> recency; Zufriedenheit (1-10): int 1 10; Gekündigt: of ja|nein",
    ),
    "french subscribers": (
        "customers",
        "id_client: key -> customer_id; sexe: of H|F -> gender; âge: int 18 80 -> age; région: of Nord|Sud -> "
        "region; nombre de commandes: int 0 30 -> frequency; montant total: money 0 4000 -> monetary; jours "
        "depuis dernière commande: int 0 400 -> recency; résilié: of oui|non",
    ),
    "spanish survey": (
        "customers",
        "ID encuesta: key -> customer_id; edad: int 18 80 -> age; género: of M|F -> gender; ingresos: int 900 "
        "6000 -> income; satisfacción: int 1 5; recomendaría: of sí|no; comentarios: text",
    ),
    "donations": (
        "rows of their own",
        "Recency (months): int 0 74 -> recency; Frequency (times): int 1 50 -> frequency; Monetary (c.c. blood): "
        "int 250 12500; Time (months): int 2 98; whether he/she donated blood in March 2007: flag",
    ),
    "movie ratings": (
        "orders",
        "userId: customer -> customer_id; movieId: int 1 900; rating: float 0.5 5 -> rating; timestamp: date -> "
        "ordered_at",
    ),
    "hotel reservations": (
        "orders",
        "N° réservation: code -> order_id; Date de réservation: date -> ordered_at; Date d'arrivée: date; "
        "Date de départ: date; Code client: customer -> customer_id; Pays: of France|Belgique|Italie -> "
        "country; Type de chambre: of Simple|Double; Nuits: int 1 7; Personnes: int 1 3; Montant total (€): "
        "money 60 900 -> revenue; Canal: of Direct|Booking; Statut: of Terminé|Annulé|No-show",
    ),
    "taxi trips": (
        "orders",
        "VendorID: of 1|2; tpep_pickup_datetime: date -> ordered_at; tpep_dropoff_datetime: date; "
        "passenger_count: int 0 6; trip_distance: float 0.3 25; RatecodeID: of 1|2|5; store_and_fwd_flag: of "
        "Y|N; PULocationID: int 1 263; DOLocationID: int 1 263; payment_type: of 1|2|3 -> payment_method; "
        "fare_amount: money 3 80; extra: of 0|0.5|1; tip_amount: money 0 15; tolls_amount: money 0 6; "
        "total_amount: money 4 99 -> revenue",
    ),
    "support tickets": (
        "orders",
        "Ticket ID: code -> order_id; Customer Account: customer -> customer_id; Ticket Subject: of Login "
        "problem|Refund request|Bug report; Priority: of Low|High|Critical; Channel: of Email|Phone|Chat; "
        "Created At: date -> ordered_at; Resolved At: date; Resolution Time (hrs): float 0.1 200; Agent: of "
        "Anna|Ben|Chris; Status: of Open|Closed|Pending; Customer Satisfaction Rating: int 1 5 -> rating",
    ),
    "loan applications": (
        "customers",
        "Loan_ID: key -> customer_id; Gender: of Male|Female -> gender; Married: of Yes|No; Dependents: of "
        "0|1|3+; Education: of Graduate|Not Graduate; Self_Employed: of Yes|No; ApplicantIncome: int 150 "
        "20000 -> income; CoapplicantIncome: int 0 9000; LoanAmount: int 9 600; Loan_Amount_Term: of 180|360;"
        " Credit_History: flag; Property_Area: of Urban|Rural; Loan_Status: of Y|N",
    ),
    "newsletter clicks": (
        "orders",
        "Empfänger E-Mail: mail -> customer_id; Kampagne: of NL-01|NL-02|NL-03; Zeitpunkt: date -> "
        "ordered_at; Aktion: of geöffnet|geklickt; Link: of /angebote|/blog; Gerät: of Mobil|Desktop; "
        "Mailprogramm: of Gmail|Outlook",
    ),
    "gym visits": (
        "orders",
        "Data: date -> ordered_at; Tessera: customer -> customer_id; Abbonamento: of Mensile|Annuale; Corso: "
        "of Yoga|Pilates|Sala pesi; Sede: of Milano|Torino; Durata (min): int 30 120",
    ),
}


def table(name: str, rows: int = ROWS) -> tuple[str, pd.DataFrame, dict[str, str]]:
    """Return the kind of a table, a drawn sample of it as texts, and what its columns are."""
    kind, described = TABLES[name]
    rng = random.Random(name)
    columns, names = {}, {}
    for part in described.split("; "):
        header, _, rest = part.rpartition(": ")
        holds, _, known = rest.partition(" -> ")
        columns[header] = _values(holds.strip(), rng, rows)
        if known:
            names[header] = known.strip()
    return kind, pd.DataFrame(columns, dtype="object"), names


def _values(holds: str, rng: random.Random, rows: int) -> list[str]:
    word, _, rest = holds.partition(" ")
    if word == "of":
        return rng.choices(rest.split("|"), k=rows)
    if word in ("int", "float", "money"):
        low, high = map(float, rest.split())
        drawn = [low + (high - low) * rng.random() ** 2 for _ in range(rows)]
        return [str(round(x)) if word == "int" else f"{x:.2f}" for x in drawn]
    start = datetime(2022, 1, 3, 9)
    made = {
        "key": lambda n: str(1001 + n),
        "code": lambda n: f"{n * 7919 % 10007:05d}-{'QXKZT'[n % 5]}{n:03d}",
        "flag": lambda n: rng.choice("0001"),
        "same": lambda n: rest,
        "date": lambda n: (start + timedelta(days=n // 2, minutes=n * 7 % 400)).strftime("%Y-%m-%d %H:%M"),
        "order": lambda n: f"C{5000 + n // 3}",
        "customer": lambda n: str(12000 + n // 3 * 7 % 61),
        "mail": lambda n: f"leser{n // 3 * 7 % 61}@example.org",
        "buyer": lambda n: f"Firma {n // 3 * 7 % 61} Co",
        "product": lambda n: f"{20000 + rng.randrange(90)}",
        "name": lambda n: rng.choice(["Hill", "Onio", "Boni", "Chu", "Obinna"]) + str(n % 90),
        "text": lambda n: rng.choice(["WHITE METAL LANTERN", "RED CUP", "Blue oak tray", "Wool blanket"]),
    }
    return [made[word](n) for n in range(rows)]
