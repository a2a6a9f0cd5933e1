//! Which articles, in which order: the parameters of the list and of the search.

use domain::access::Department;
use domain::knowledge::values::{ArticleCategory, ArticleStatus, ArticleTag, Visibility};
use projections::articles::find::{Filter, Sort, SortBy};

use crate::fields::ValidationErrors;

/// `words` as the columns have them.
pub(super) fn texts<T: Copy + Into<&'static str>>(words: &[T]) -> Vec<String> {
    words.iter().map(|word| (*word).into().to_owned()).collect()
}

/// What is asked for by words of the catalogue and by tags; what is wrong with it is noted.
pub(super) fn filter(
    errors: &mut ValidationErrors,
    category: &[ArticleCategory],
    department: &[Department],
    (name, tags): (&str, &[String]),
    status: &[ArticleStatus],
    visibility: &[Visibility],
) -> Filter {
    Filter {
        category: texts(category),
        department: department.iter().map(ToString::to_string).collect(),
        tag: read_tags(errors, name, tags).iter().map(ToString::to_string).collect(),
        status: texts(status),
        visibility: texts(visibility),
    }
}

/// The tags in a field called `name`; what is wrong with them is noted.
pub(super) fn read_tags(errors: &mut ValidationErrors, name: &str, tags: &[String]) -> Vec<ArticleTag> {
    let numbered = tags.iter().enumerate();
    let read = numbered
        .filter_map(|(number, tag)| errors.check(&format!("{name}[{number}]"), tag.parse::<ArticleTag>()));
    read.collect()
}

/// The order that `words` name, such as `-view_count`; by title if they name none.
pub(super) fn order(errors: &mut ValidationErrors, words: &[String]) -> Vec<Sort> {
    let read = words.iter().filter_map(|word| {
        let (descending, name) = word.strip_prefix('-').map_or((false, word.as_str()), |name| (true, name));
        let by = SortBy::parse(name);
        if by.is_none() {
            let allowed = SortBy::WORDS.join(", ");
            errors.add("sort", "invalid", format!("must be of {allowed}, with - for the greatest first"));
        }
        by.map(|by| Sort { by, descending })
    });
    let mut order: Vec<Sort> = read.take(SortBy::WORDS.len()).collect();
    if order.is_empty() {
        order.push(Sort { by: SortBy::Title, descending: false });
    }
    order
}
