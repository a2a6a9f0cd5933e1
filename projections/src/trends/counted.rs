//! What is asked of the counted tickets: how many there are now and how many were usual, and what the new ones are called.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::access::Sight;
use domain::trend::{Counts, Window};
use sqlx::{FromRow, PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::sight::{self, Part, parts};

/// Where tickets are from, and what they are about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The building; none for tickets that name none.
    pub building: Option<Uuid>,
    /// The department; none while they have none.
    pub department: Option<String>,
    /// The category; none for tickets that have none.
    pub category: Option<Uuid>,
}

/// A place and how many tickets there were of it.
pub type Counted = (Place, Counts);

/// What a ticket is called.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Titled {
    /// The identity of its stream.
    pub id: Uuid,
    /// The problem in a line.
    pub title: String,
}

/// A ticket of a building and a category.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Sample {
    /// The building.
    pub building: Option<Uuid>,
    /// The category.
    pub category: Option<Uuid>,
    /// The identity of its stream.
    pub id: Uuid,
}

/// A place, a weekday from Monday (0) on, and whether its days are looked at or are of before.
#[derive(FromRow)]
struct Cell {
    building: String,
    department: String,
    category: String,
    weekday: i32,
    is_new: bool,
    n: i64,
}

/// How many tickets within `sight` there were in `window` and before it, by place. Those of a department are counted as they come,
/// and are not looked at.
///
/// # Errors
/// The database cannot be reached.
pub async fn counted(pool: &PgPool, sight: &Sight, window: &Window) -> sqlx::Result<Vec<Counted>> {
    let mut query = QueryBuilder::new(
        "select building, department, category, extract(isodow from day::date)::int - 1 as weekday, day >= ",
    );
    query.push_bind(window.since.to_string()).push(" as is_new, sum(n)::bigint as n from (");
    for (number, part) in parts(sight).iter().enumerate() {
        query.push(if number == 0 { "" } else { " union all " });
        query.push(match part {
            Part::All | Part::Department(_) => {
                "select t.day, t.building, t.department, t.category, t.n from read.ticket_days t where "
            }
            _ => {
                "select t.day, coalesce(t.building::text, '') as building, coalesce(t.department, '') as department,
                        coalesce(t.category::text, '') as category, 1::bigint as n
                   from read.counted_tickets t where t.is_counted and "
            }
        });
        push_days(&mut query, window.before, window.today);
        query.push(" and ");
        part.push(&mut query, "");
    }
    query.push(") c group by 1, 2, 3, 4, 5");
    let cells: Vec<Cell> = query.build_query_as().fetch_all(pool).await?;
    let mut places: HashMap<Place, Counts> = HashMap::new();
    for cell in cells {
        let counts = places.entry(cell.place()).or_default();
        count(counts, cell.weekday, cell.is_new, cell.n);
    }
    let mut places: Vec<Counted> = places.into_iter().collect();
    places.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(places)
}

impl Cell {
    fn place(&self) -> Place {
        let department = (!self.department.is_empty()).then(|| self.department.clone());
        Place { building: self.building.parse().ok(), department, category: self.category.parse().ok() }
    }
}

fn count(counts: &mut Counts, weekday: i32, is_new: bool, n: i64) {
    let n = u32::try_from(n).unwrap_or_default();
    if is_new {
        counts.new += n;
    } else if let Some(before) = usize::try_from(weekday).ok().and_then(|day| counts.before.get_mut(day)) {
        *before += n;
    }
}

/// Adds the condition that the ticket or cell `t` is of a day from `first` to `last`.
fn push_days(query: &mut QueryBuilder<Postgres>, first: NaiveDate, last: NaiveDate) {
    query.push("t.day >= ").push_bind(first.to_string());
    query.push(" and t.day <= ").push_bind(last.to_string());
}

/// The first day that has a ticket.
///
/// # Errors
/// The database cannot be reached.
pub async fn began(pool: &PgPool) -> sqlx::Result<Option<NaiveDate>> {
    let day: Option<String> =
        sqlx::query_scalar("select min(day) from read.ticket_days where day > ''").fetch_one(pool).await?;
    Ok(day.and_then(|day| day.parse().ok()))
}

/// What the tickets of `window` within `sight` are called, the newest first, at most `limit`. What is erased is called nothing.
///
/// # Errors
/// The database cannot be reached.
pub async fn titles(pool: &PgPool, sight: &Sight, window: &Window, limit: i64) -> sqlx::Result<Vec<Titled>> {
    let mut query =
        QueryBuilder::new("select t.id, t.title from read.counted_tickets t where t.is_counted and ");
    push_days(&mut query, window.since, window.today);
    query.push(" and t.title <> '[erased]' and ");
    sight::push(&mut query, sight);
    query.push(" order by t.day desc, t.number desc limit ").push_bind(limit);
    query.build_query_as().fetch_all(pool).await
}

/// How many tickets before `window`, within `sight`, are about what each of `groups` is about, by weekday: those whose titles have at
/// least half of the words that at least half of the group's have.
///
/// # Errors
/// The database cannot be reached.
pub async fn alike(
    pool: &PgPool,
    sight: &Sight,
    window: &Window,
    groups: &[Vec<Uuid>],
) -> sqlx::Result<Vec<[u32; 7]>> {
    let places = (0..).zip(groups).flat_map(|(place, group): (i32, _)| group.iter().map(move |_| place));
    let tickets: Vec<Uuid> = groups.iter().flatten().copied().collect();
    let mut query = QueryBuilder::new(
        "with members as (
           select g.place, t.words
             from unnest(",
    );
    query.push_bind(places.collect::<Vec<i32>>()).push("::int[], ").push_bind(tickets);
    query.push(
        "::uuid[]) g(place, id)
             join read.counted_tickets t on t.id = g.id),
         sizes as (select place, count(*) as size from members group by place),
         shared as (
           select place, array_agg(lexeme) as words
             from (select m.place, w.lexeme
                     from members m
                     join sizes s on s.place = m.place
                    cross join lateral unnest(m.words) w
                    group by m.place, w.lexeme, s.size
                   having count(*) * 2 >= s.size) l
            group by place),
         -- As a query of the index: any of the words, each in quotes.
         asked as (
           select place, words,
                  (select string_agg('''' || replace(replace(w, '\\', '\\\\'), '''', '''''') || '''', ' | ')
                     from unnest(words) w)::tsquery as query
             from shared)
         select a.place, extract(isodow from t.day::date)::int - 1, count(*)
           from asked a
           join read.counted_tickets t on t.words @@ a.query
          where t.is_counted
            and (select count(*) from unnest(tsvector_to_array(t.words)) w where w = any(a.words)) * 2 >= cardinality(a.words)
            and ",
    );
    push_days(&mut query, window.before, window.since.pred_opt().unwrap_or(window.since));
    query.push(" and ");
    sight::push(&mut query, sight);
    query.push(" group by 1, 2");
    let rows: Vec<(i32, i32, i64)> = query.build_query_as().fetch_all(pool).await?;
    let mut counts = vec![Counts::default(); groups.len()];
    for (place, weekday, n) in rows {
        if let Some(counts) = usize::try_from(place).ok().and_then(|place| counts.get_mut(place)) {
            count(counts, weekday, false, n);
        }
    }
    Ok(counts.into_iter().map(|counts| counts.before).collect())
}

/// The newest tickets of `window` within `sight` of each of these buildings and categories, at most `each` of one.
///
/// # Errors
/// The database cannot be reached.
pub async fn samples(
    pool: &PgPool,
    sight: &Sight,
    window: &Window,
    of: &[(Option<Uuid>, Option<Uuid>)],
    each: i64,
) -> sqlx::Result<Vec<Sample>> {
    let (buildings, categories): (Vec<Option<Uuid>>, Vec<Option<Uuid>>) = of.iter().copied().unzip();
    let mut query = QueryBuilder::new(
        "select building, category, id
           from (select t.building, t.category, t.id, t.day, t.number,
                        row_number() over (partition by t.building, t.category
                                           order by t.day desc, t.number desc) as place
                   from read.counted_tickets t
                  where t.is_counted
                    and exists (select from unnest(",
    );
    query.push_bind(buildings).push("::uuid[], ").push_bind(categories);
    query.push(
        "::uuid[]) w(building, category)
                                 where w.building is not distinct from t.building
                                   and w.category is not distinct from t.category)
                    and ",
    );
    push_days(&mut query, window.since, window.today);
    query.push(" and ");
    sight::push(&mut query, sight);
    query.push(") s where place <= ").push_bind(each).push(" order by day desc, number desc");
    query.build_query_as().fetch_all(pool).await
}
