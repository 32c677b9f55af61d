"""The domains worlds are made of: things, what identifies them, what is known of them, and how they hang together.

A line is `thing: key pattern | other identifiers | attributes | belongs to`. A pattern has # for a digit; kinds of values
stand after a colon. `order -> customer` says that every order has one customer; `=>` that it is one to one.
"""

SHOP = """
customer: C-#### | email:email, loyalty number:LN###### | full name:person, home city:city, phone number:phone, tier:gold/silver/bronze |
order: O-##### | | order date:date, status:open/shipped/cancelled/returned, total amount:money | -> customer
shipment: SHP###### | tracking number:TRK######### | shipping city:city, weight:kg, delivery date:date | => order, -> carrier
carrier: CR-## | | name:company, support phone:phone, head office:city |
item: IT-###### | | quantity:count, unit price:money | -> order, -> product
product: P-#### | sku:SKU-### | title:thing, price:money, colour:red/blue/green/black | -> supplier
supplier: SUP-### | vat number:VAT######## | company name:company, contact email:email, country:country |
"""
CLINIC = """
patient: PT#### | insurance number:INS-###### | name:person, date of birth:birth, blood type:A+/B+/O-/AB+ | -> doctor
doctor: DR-### | licence number:LIC##### | name:person, specialty:cardiology/neurology/oncology/pediatrics, extension:count | -> ward
ward: W## | | floor:count, head nurse:person, capacity:count |
appointment: APT-##### | | appointment date:date, room:room, status:booked/kept/missed | -> patient, -> doctor
prescription: RX###### | | drug:drug, dose:count, issue date:date | -> patient, -> pharmacy
pharmacy: PH-### | | name:company, street:street, opening hour:hour |
invoice: INV-##### | payment reference:PAY###### | amount due:money, due date:date, status:paid/overdue | => appointment
"""
FLEET = """
driver: D#### | badge:BDG-#### | driver name:person, home depot:city, licence class:B/C/CE | -> team
team: TM-## | | team lead:person, shift:early/late/night |
vehicle: V-#### | number plate:plate | model:thing, mileage:count, fuel level:count | -> driver, -> garage
garage: G-## | | garage address:street, manager:person, telephone:phone |
trip: TRP###### | | departure date:date, destination:city, distance:count | -> vehicle
incident: INC-#### | case number:CASE##### | severity:low/medium/high, report date:date, damage cost:money | -> trip
sensor: SN-##### | | battery level:count, last reading:count, firmware:version | => vehicle
"""
OFFICE = """
employee: E-#### | work email:email, staff number:STF##### | name:person, job title:thing, salary:money, hire date:date | -> department
department: DEP-## | | department name:thing, budget:money, cost centre:count | -> building
building: B-## | | postal address:street, year built:year, energy class:A/B/C |
laptop: LT-##### | serial number:SER-##### | model:thing, purchase date:date, warranty end:date | -> employee, -> vendor
vendor: VN-### | | vendor name:company, hotline:phone, rating:count |
ticket: TCK-##### | | opened on:date, priority:low/normal/urgent, status:open/closed | -> laptop, -> technician
technician: TEC-## | pager:PG#### | name:person, skill:network/printers/storage |
"""
ALL = {"shop": SHOP, "clinic": CLINIC, "fleet": FLEET, "office": OFFICE}
