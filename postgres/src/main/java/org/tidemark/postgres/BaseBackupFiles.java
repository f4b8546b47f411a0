// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Selects the files of a data directory that belong to a base backup: exactly those that BASE_BACKUP sends (sendDir()
 * of src/backend/backup/basebackup.c). Immutable.
 *
 * @param postgresMajor 13 to 18
 * @param temporaryStatistics stats_temp_directory relative to the data directory, if it is within it
 */
public record BaseBackupFiles(int postgresMajor, Optional<String> temporaryStatistics) {
    /** The directory of WAL. A backup contains it as the empty {@link #walDirectories}. */
    public static final String WAL = "pg_wal";

    /** The directory of the links to tablespaces. Each tablespace is copied separately. */
    public static final String TABLESPACES = "pg_tblspc";

    private static final int FIRST_WITHOUT_DESKTOP_FILES = 15;
    private static final int FIRST_WITH_WAL_SUMMARIES = 17;
    // PostgreSQL applies the rule there, although it has no unlogged relations in global.
    private static final int FIRST_TO_LOOK_INTO_GLOBAL = 17;
    private static final String TEMPORARY = "pgsql_tmp";
    private static final String RELATION_CACHE = "pg_internal.init";

    private static final Set<String> EMPTY_DIRECTORIES = Set.of(
            "pg_stat_tmp", "pg_replslot", "pg_dynshmem", "pg_notify", "pg_serial", "pg_snapshots", "pg_subtrans");

    private static final Set<String> LEFT_OUT = Set.of(
            "postgresql.auto.conf.tmp",
            "current_logfiles.tmp",
            "backup_label",
            "tablespace_map",
            PostgresManifest.PATH,
            "postmaster.pid",
            "postmaster.opts");

    private static final Pattern DATABASE = Pattern.compile("(?:base|pg_tblspc/[0-9]+/PG_[0-9]+_[0-9]+)/[0-9]+");

    private static final Pattern RELATION = Pattern.compile("([0-9]{1,10})(_(?:fsm|vm|init))?(?:\\.[0-9]+)?");

    private static final Pattern TEMPORARY_RELATION =
            Pattern.compile("t[0-9]+_[0-9]+(?:_(?:fsm|vm|init))?(?:\\.[0-9]+)?");

    /** The treatment in a base backup of a file or directory. */
    public enum Treatment {
        TAKEN,
        LEFT_OUT,
        /** Copied as an empty directory, even if it is a link to a directory. */
        EMPTY_DIRECTORY
    }

    /** The empty directories that a backup contains in the place of {@link #WAL}, which is one of them. */
    public Set<String> walDirectories() {
        return postgresMajor >= FIRST_WITH_WAL_SUMMARIES
                ? Set.of(WAL, WAL + "/archive_status", WAL + "/summaries")
                : Set.of(WAL, WAL + "/archive_status");
    }

    /**
     * Decides about {@code name} in {@code directory}. {@code global/pg_control} is taken; the caller copies it last.
     *
     * @param directory relative to the data directory, with slashes; empty for the data directory itself
     * @param siblings tells whether the same directory has a file of this name
     */
    public Treatment treatment(String directory, String name, Predicate<String> siblings) {
        if (name.startsWith(TEMPORARY) || name.startsWith(RELATION_CACHE) || LEFT_OUT.contains(name)) {
            return Treatment.LEFT_OUT;
        }
        if (postgresMajor >= FIRST_WITHOUT_DESKTOP_FILES && name.equals(".DS_Store")) {
            return Treatment.LEFT_OUT;
        }
        boolean database = DATABASE.matcher(directory).matches();
        boolean relations = database || (postgresMajor >= FIRST_TO_LOOK_INTO_GLOBAL && directory.equals("global"));
        if ((relations && isUnlogged(name, siblings))
                || (database && TEMPORARY_RELATION.matcher(name).matches())) {
            return Treatment.LEFT_OUT;
        }
        String path = directory.isEmpty() ? name : directory + "/" + name;
        return EMPTY_DIRECTORIES.contains(name)
                        || temporaryStatistics.filter(path::equals).isPresent()
                ? Treatment.EMPTY_DIRECTORY
                : Treatment.TAKEN;
    }

    /** Recovery resets an unlogged relation to its init fork, so a backup needs only that fork. */
    private static boolean isUnlogged(String name, Predicate<String> siblings) {
        Matcher relation = RELATION.matcher(name);
        return relation.matches() && !"_init".equals(relation.group(2)) && siblings.test(relation.group(1) + "_init");
    }
}
