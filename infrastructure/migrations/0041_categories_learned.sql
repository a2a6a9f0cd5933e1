-- Models also learn what tickets are about, and may be trained from the command line, where nobody is signed in.
alter table desk.models alter column trained_by drop not null;
-- What was learned of categories, as JSON: how much from, what it is worth, and whether it was taken over. None if there was too little.
alter table desk.models add column category jsonb;
