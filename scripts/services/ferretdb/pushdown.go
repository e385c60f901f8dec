package sqlite

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/FerretDB/FerretDB/internal/backends/sqlite/metadata"
	"github.com/FerretDB/FerretDB/internal/handler/sjson"
	"github.com/FerretDB/FerretDB/internal/types"
	"github.com/FerretDB/FerretDB/internal/util/must"
)

var (
	plainField  = regexp.MustCompile(`^[A-Za-z_]+$`)
	comparisons = map[string]string{"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}
)

// pushdown gives the part of a filter that SQLite's indexes serve: a field that is equal to a string or to one of
// some, else a range of _id. It finds no fewer documents than the filter, which FerretDB applies to them as always.
func pushdown(filter *types.Document) (string, []any) {
	var conditions []string
	var args []any
	for _, field := range filter.Keys() {
		texts := textsOf(must.NotFail(filter.Get(field)))
		if len(texts) == 0 || !plainField.MatchString(field) {
			continue
		}
		column := fmt.Sprintf("%s->%q", metadata.DefaultColumn, field)
		condition := fmt.Sprintf("%s IN (?%s)", column, strings.Repeat(", ?", len(texts)-1))
		if field != "_id" {
			// Or an array, which may hold it; the JSON of one begins with a bracket.
			condition = fmt.Sprintf(`(%s OR %[2]s >= '[' AND %[2]s < '\')`, condition, column)
		}
		conditions = append(conditions, condition)
		args = append(args, texts...)
	}
	if len(conditions) == 0 {
		conditions, args = idRange(filter)
	}
	if len(conditions) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(conditions, " AND "), args
}

// textsOf gives the JSON of the strings of which a value must be one; none where it may be something else.
func textsOf(condition any) []any {
	switch condition := condition.(type) {
	case string, types.ObjectID:
		return []any{string(must.NotFail(sjson.MarshalSingleValue(condition)))}
	case *types.Document:
		in, _ := condition.Get("$in")
		values, isArray := in.(*types.Array)
		if !isArray {
			return nil
		}
		var texts []any
		for i := range values.Len() {
			text, isText := must.NotFail(values.Get(i)).(string)
			if !isText {
				return nil
			}
			texts = append(texts, string(must.NotFail(sjson.MarshalSingleValue(text))))
		}
		return texts
	}
	return nil
}

// idRange compares the strings themselves, whose order that of their JSON is not: the index "..._text" has them.
func idRange(filter *types.Document) ([]string, []any) {
	var conditions []string
	var args []any
	id, _ := filter.Get("_id")
	bounds, _ := id.(*types.Document)
	for _, operator := range bounds.Keys() {
		text, isText := must.NotFail(bounds.Get(operator)).(string)
		if comparison, isBound := comparisons[operator]; isText && isBound {
			conditions = append(conditions, fmt.Sprintf(`%s->>"_id" %s ?`, metadata.DefaultColumn, comparison))
			args = append(args, text)
		}
	}
	return conditions, args
}
