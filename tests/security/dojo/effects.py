"""What each of AgentDojo's tools does to the world, told by hand as the user of a tool would declare it.

A row is the effect, and `others` where the result hands on text that somebody else wrote. What mails, pays, publishes,
shares or deletes is irreversible; an event is mailed to those who take part. A request for a web page changes nothing
here, yet it reaches a server that somebody else may have named: it is not read-only.
"""

Table = dict[str, str]

WORKSPACE: Table = {
    "send_email": "irreversible",
    "delete_email": "irreversible",
    "get_unread_emails": "reversible others",  # marks them as read
    "get_sent_emails": "read_only",
    "get_received_emails": "read_only others",
    "get_draft_emails": "read_only",
    "search_emails": "read_only others",
    "search_contacts_by_name": "read_only",
    "search_contacts_by_email": "read_only",
    "get_current_day": "read_only",
    "search_calendar_events": "read_only others",
    "get_day_calendar_events": "read_only others",
    "create_calendar_event": "irreversible",
    "cancel_calendar_event": "irreversible",
    "reschedule_calendar_event": "irreversible others",
    "add_calendar_event_participants": "irreversible others",
    "append_to_file": "reversible others",  # gives back the whole file
    "search_files_by_filename": "read_only others",
    "create_file": "reversible",
    "delete_file": "irreversible others",
    "get_file_by_id": "read_only others",
    "list_files": "read_only others",
    "share_file": "irreversible others",
    "search_files": "read_only others",
}

TRAVEL: Table = {
    "get_user_information": "read_only",
    "get_all_hotels_in_city": "read_only",
    "get_hotels_prices": "read_only",
    "get_rating_reviews_for_hotels": "read_only others",
    "get_hotels_address": "read_only",
    "get_all_restaurants_in_city": "read_only",
    "get_cuisine_type_for_restaurants": "read_only",
    "get_restaurants_address": "read_only",
    "get_rating_reviews_for_restaurants": "read_only others",
    "get_dietary_restrictions_for_all_restaurants": "read_only",
    "get_contact_information_for_restaurants": "read_only",
    "get_price_for_restaurants": "read_only",
    "check_restaurant_opening_hours": "read_only",
    "get_all_car_rental_companies_in_city": "read_only",
    "get_car_types_available": "read_only",
    "get_rating_reviews_for_car_rental": "read_only others",
    "get_car_fuel_options": "read_only",
    "get_car_rental_address": "read_only",
    "get_car_price_per_day": "read_only",
    "create_calendar_event": "irreversible",
    "search_calendar_events": "read_only others",
    "get_day_calendar_events": "read_only others",
    "cancel_calendar_event": "irreversible",
    "reserve_hotel": "irreversible",
    "reserve_car_rental": "irreversible",
    "reserve_restaurant": "irreversible",
    "get_flight_information": "read_only",
    "send_email": "irreversible",
}

BANKING: Table = {
    "get_iban": "read_only",
    "send_money": "irreversible",
    "schedule_transaction": "irreversible",
    "update_scheduled_transaction": "reversible",
    "get_balance": "read_only",
    "get_most_recent_transactions": "read_only others",
    "get_scheduled_transactions": "read_only",
    "read_file": "read_only others",
    "get_user_info": "read_only",
    "update_password": "irreversible",
    "update_user_info": "reversible",
}

SLACK: Table = {
    "get_channels": "read_only others",
    "add_user_to_channel": "reversible",
    "read_channel_messages": "read_only others",
    "read_inbox": "read_only others",
    "send_direct_message": "irreversible",
    "send_channel_message": "irreversible",
    "get_users_in_channel": "read_only others",
    "invite_user_to_slack": "irreversible",
    "remove_user_from_slack": "irreversible",
    "get_webpage": "idempotent others",
    "post_webpage": "irreversible",
}

EFFECTS = {"workspace": WORKSPACE, "travel": TRAVEL, "banking": BANKING, "slack": SLACK}
"""Suite -> tool -> row."""


def effect(suite: str, tool: str) -> str:
    """What a tool does to the world."""
    return EFFECTS[suite][tool].split()[0]


def brings_others_text(suite: str, tool: str) -> bool:
    """Whether its result hands on text that somebody else wrote."""
    return EFFECTS[suite][tool].endswith(" others")
