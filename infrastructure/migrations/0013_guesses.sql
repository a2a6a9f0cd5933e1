-- Attempts to guess a secret, and where people sign in from.

-- One row per attempt to show a secret (a password, a code) that was wrong or is still being checked; whoever was
-- right gets theirs back. Rows older than the window count for nothing and are deleted. Names and networks are keyed
-- hashes.
create table desk.guesses (
  id      uuid        not null,
  secret  text        not null, -- what was guessed at: password, second_factor, code
  name    bytea       not null, -- the account as it was named
  user_id uuid,                 -- whose it is, if anybody's and the attempt counts for them
  network bytea       not null,
  known   boolean     not null, -- whether they had signed in from there before
  at      timestamptz not null,
  constraint guesses_id primary key (id)
);
create index guesses_name on desk.guesses (name, at);
create index guesses_user_id on desk.guesses (user_id, at) where user_id is not null;
create index guesses_network on desk.guesses (network, at);
create index guesses_at on desk.guesses (at);

-- The networks that people signed in from: nobody elsewhere can keep them out there.
create table desk.known_networks (
  user_id uuid        not null,
  network bytea       not null, -- a keyed hash, different for each user
  seen_at timestamptz not null default now(),
  constraint known_networks_network primary key (user_id, network)
);

-- Whether another attempt may be made, and if not, after how long:
--   admitted  it may
--   hopeless  the account's attempts are used up, but not those of the name: the secret must not be looked at, and
--             the answer must be that it is wrong. Anything else would tell that two names are of one account.
--   account, network, desk   the attempts of these are used up
-- From a network that the account is known to sign in from, only the attempts made there count.
create function desk.guess_verdict(
  p_secret text, p_name bytea, p_user uuid, p_network bytea, p_known boolean,
  p_of_account int, p_of_network int, p_of_desk int, p_window interval,
  out verdict text, out wait interval)
language plpgsql stable as $$
declare
  since constant timestamptz := clock_timestamp() - p_window;
  oldest timestamptz;
begin
  -- The attempt that has to leave the window before there is room: the oldest of as many as are allowed.
  if p_known then
    select g.at into oldest from desk.guesses g
     where g.user_id = p_user and g.secret = p_secret and g.network = p_network and g.known and g.at > since
     order by g.at desc offset p_of_account - 1 limit 1;
    if found then
      verdict := 'account'; wait := oldest - since; return;
    end if;
    verdict := 'admitted'; return;
  end if;
  select g.at into oldest from desk.guesses g
   where g.name = p_name and g.secret = p_secret and not g.known and g.at > since
   order by g.at desc offset p_of_account - 1 limit 1;
  if found then
    verdict := 'account'; wait := oldest - since; return;
  end if;
  select g.at into oldest from desk.guesses g
   where g.network = p_network and not g.known and g.at > since
   order by g.at desc offset p_of_network - 1 limit 1;
  if found then
    verdict := 'network'; wait := oldest - since; return;
  end if;
  select g.at into oldest from desk.guesses g
   where not g.known and g.at > since
   order by g.at desc offset p_of_desk - 1 limit 1;
  if found then
    verdict := 'desk'; wait := oldest - since; return;
  end if;
  perform from desk.guesses g
   where g.user_id = p_user and g.secret = p_secret and not g.known and g.at > since
   order by g.at desc offset p_of_account - 1 limit 1;
  verdict := case when found then 'hopeless' else 'admitted' end;
end $$;

-- Takes an attempt before the secret is looked at, so that of many at once no more pass than are allowed. Whoever is
-- refused anyway takes no lock. Must run alone in a READ COMMITTED transaction: what follows the lock has to see what
-- its previous holder committed.
create function desk.admit_guess(
  p_id uuid, p_secret text, p_name bytea, p_user uuid, p_network bytea, p_user_network bytea,
  p_of_account int, p_of_network int, p_of_desk int, p_window interval,
  out verdict text, out wait interval)
language plpgsql as $$
declare
  since constant timestamptz := clock_timestamp() - p_window;
  is_known constant boolean := p_user is not null and exists
    (select from desk.known_networks k where k.user_id = p_user and k.network = p_user_network);
begin
  select v.verdict, v.wait into verdict, wait
    from desk.guess_verdict(p_secret, p_name, p_user, p_network, is_known,
                            p_of_account, p_of_network, p_of_desk, p_window) v;
  if verdict not in ('admitted', 'hopeless') then
    return;
  end if;
  perform pg_advisory_xact_lock(7301, 10);
  select v.verdict, v.wait into verdict, wait
    from desk.guess_verdict(p_secret, p_name, p_user, p_network, is_known,
                            p_of_account, p_of_network, p_of_desk, p_window) v;
  if verdict not in ('admitted', 'hopeless') then
    return;
  end if;
  delete from desk.guesses g where g.at <= since;
  insert into desk.guesses (id, secret, name, user_id, network, known, at)
  values (p_id, p_secret, p_name, case when verdict = 'admitted' then p_user end, p_network, is_known,
          clock_timestamp());
end $$;

grant select, insert, update, delete on desk.guesses, desk.known_networks to ledgerdesk_app;
