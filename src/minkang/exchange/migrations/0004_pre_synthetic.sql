-- Whether what a sender sends is made up: every record of it says so, and every page that shows one.

ALTER TABLE exchange_sender ADD COLUMN synthetic boolean NOT NULL DEFAULT false;
