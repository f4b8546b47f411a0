// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.util.List;
import java.util.Map;
import org.tidemark.catalog.backup.Mark.Kept;
import org.tidemark.core.Amounts;
import org.tidemark.operations.backups.KeepEnd;
import org.tidemark.operations.backups.ListedBackup;

/** How a keep is shown. */
public final class KeepText {
    /** In a table, where the state says the same. */
    public static final String KEPT = "kept";

    private static final int CELL = 60;

    private KeepText() {}

    /**
     * For the cell of a table: {@code kept until 2027-11-01, "before 5.0"}, after the names of repositories if not all
     * keep it.
     */
    public static List<String> brief(ListedBackup backup, Map<String, Kept> kept) {
        CopyRemarks remarks = new CopyRemarks(backup.repositories().size());
        kept.forEach((repository, keep) -> remarks.add(repository, brief(keep)));
        return remarks.texts();
    }

    private static String brief(Kept keep) {
        return KEPT
                + switch (keep.target()) {
                    case FULL -> "";
                    case STANDALONE -> " standalone";
                }
                + keep.until().map(until -> " until " + KeepEnd.brief(until)).orElse("")
                + keep.note().map(note -> ", \"" + shortened(note) + '"').orElse("");
    }

    /** The words of an operator for the cell of a table, which has room for some 60 characters. */
    public static String shortened(String words) {
        int length = words.codePointCount(0, words.length());
        return length <= CELL ? words : words.substring(0, words.offsetByCodePoints(0, CELL - 1)) + "…";
    }

    /** {@code until 2027-11-01 23:59:59Z, with all later WAL, "before 5.0"}. */
    public static String full(Kept keep) {
        return keep.until().map(until -> "until " + Amounts.second(until)).orElse("until it is released")
                + switch (keep.target()) {
                    case FULL -> ", with all later WAL";
                    case STANDALONE -> ", with only the WAL that it needs";
                }
                + keep.note().map(note -> ", \"" + note + '"').orElse("");
    }
}
