// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of pages: a table, an index or one of their forks. Only these files have page checksums; PG_VERSION,
 * pg_filenode.map, pg_internal.init and pg_control in the same directories have none. Immutable.
 *
 * @param path relative to the data directory, with slashes
 * @param segment the number of the file within the fork, from 0
 */
public record RelationFile(String path, int segment) {
    // Relation numbers have at most ten digits; a backup does not contain temporary relations (t3_16384).
    private static final Pattern PATH =
            Pattern.compile("(?:global|base/[0-9]+|pg_tblspc/[0-9]+/PG_[0-9]+_[0-9]+/[0-9]+)"
                    + "/[0-9]{1,10}(?:_(?:fsm|vm|init))?(?:\\.([1-9][0-9]{0,5}))?");

    private static final Pattern RELATION =
            Pattern.compile("(?:global|(?:base|pg_tblspc/(?<tablespace>[0-9]+)/PG_[0-9]+_[0-9]+)/(?<database>[0-9]+))"
                    + "/(?<number>[0-9]+).*");

    /** The OIDs of pg_default and pg_global. */
    private static final String DEFAULT = "1663";

    private static final String SHARED = "1664/0";

    /** The relation file at {@code path}; empty for any other file. */
    public static Optional<RelationFile> of(String path) {
        Matcher matcher = PATH.matcher(path);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        String segment = matcher.group(1);
        return Optional.of(new RelationFile(path, segment == null ? 0 : Integer.parseInt(segment)));
    }

    /** Whether it is of the main fork: of the table or index itself, not of its maps or what it begins with. */
    public boolean isMain() {
        return path.indexOf('_', path.lastIndexOf('/')) < 0;
    }

    /**
     * The relation, whichever file of it this is: tablespace, database and file number, such as {@code 1663/5/16384};
     * the database of a shared relation is 0.
     */
    public String relation() {
        Matcher matcher = RELATION.matcher(path);
        if (!matcher.matches()) {
            throw new IllegalStateException("not the path of a relation: '" + path + "'");
        }
        String tablespace = matcher.group("tablespace");
        String database = matcher.group("database");
        return (database == null ? SHARED : (tablespace == null ? DEFAULT : tablespace) + "/" + database) + "/"
                + matcher.group("number");
    }

    /**
     * The number of the file's first page in the whole fork.
     *
     * @param relationSegmentPages pages in one file, from the control file
     */
    public long firstBlock(int relationSegmentPages) {
        return (long) segment * relationSegmentPages;
    }
}
