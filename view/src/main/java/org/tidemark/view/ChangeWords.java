// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tidemark.core.Amounts;
import org.tidemark.core.UtcTime;
import org.tidemark.walsearch.ChangeSearch.Gone;
import org.tidemark.walsearch.Hit;
import org.tidemark.walsearch.Hit.Named;

/** A change that was found in WAL, in words: what was done to what. */
public final class ChangeWords {
    private static final int MOST_NAMES = 5;

    private ChangeWords() {}

    public static String of(Hit hit) {
        String names = hit.what().stream().limit(MOST_NAMES).map(Named::text).collect(Collectors.joining(", "));
        int more = hit.what().size() - MOST_NAMES;
        String all = names + (more > 0 ? " and " + Amounts.count(more, "other", "others") : "");
        String in = hit.database().map(database -> " in database " + database).orElse("");
        return switch (hit.change().kind()) {
            case DROP, TEMPORARY_DROP -> "DROP of " + all + in + about(hit);
            case TRUNCATE ->
                "TRUNCATE of " + all + in + about(hit)
                        + (hit.change().leavesEmpty() ? "" : "; filled again in the same transaction");
            case REWRITE -> "rewrite of " + all + in;
            case TABLESPACE_CHANGE -> "move of " + all + in + " to another tablespace";
            case REINDEX -> "indexes of " + all + in + " were built again";
            case DATABASE_DROP ->
                "DROP DATABASE " + all
                        + (hit.lost().isEmpty()
                                ? ""
                                : ", which had "
                                        + hit.lost().stream()
                                                .limit(MOST_NAMES)
                                                .map(Named::text)
                                                .collect(Collectors.joining(", "))
                                        + " when it was backed up");
            case TABLESPACE_DROP -> "DROP TABLESPACE, " + all;
            case MASS_DELETE -> "DELETE of " + rows(hit) + " of " + all + in;
            case MASS_UPDATE -> "UPDATE of " + rows(hit) + " of " + all + in;
        };
    }

    /** What was dropped or emptied of tables without a known name. */
    public static String of(Gone gone) {
        return Amounts.count(gone.count(), "transaction", "transactions")
                + " dropped or emptied tables whose names nobody knows, the newest one, "
                + gone.newest().unsignedXid() + ", at "
                + UtcTime.exact(gone.newest().time());
    }

    private static String rows(Hit hit) {
        long rows = hit.rows().orElse(0);
        return String.format(Locale.ROOT, "%,d", rows)
                + (rows == 1 ? " row" : " rows")
                + share(hit, rows).orElse("");
    }

    private static Optional<String> share(Hit hit, long rows) {
        // A table may have grown since the backup.
        return hit.of().isEmpty() || hit.of().getAsLong() < rows
                ? Optional.empty()
                : Optional.of(String.format(
                        Locale.ROOT,
                        " (%d %% of about %,d)",
                        100 * rows / hit.of().getAsLong(),
                        hit.of().getAsLong()));
    }

    private static String about(Hit hit) {
        return hit.of().isPresent()
                ? String.format(Locale.ROOT, ", about %,d rows", hit.of().getAsLong())
                : "";
    }
}
