// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.target;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which files of a data directory PostgreSQL, or a restore, writes for itself. Only such files are ever removed from a
 * directory that is restored over: configuration, certificates, logs and everything else stay. The names are those of
 * PostgreSQL 13 to 18.
 */
final class ClusterFiles {
    private static final String DATABASE = "(?:base/[0-9]+|pg_tblspc/[0-9]+/PG_[0-9]+_[0-9]+/[0-9]+)";
    private static final String TEMPORARY_FILES = "(?:base|pg_tblspc/[0-9]+/PG_[0-9]+_[0-9]+)/pgsql_tmp";

    private static final Pattern FILE = Pattern.compile(String.join(
            "|",
            "(?:" + DATABASE + "|global)/t?(?:[0-9]+_)?[0-9]+(?:_(?:fsm|vm|init))?(?:\\.[0-9]+)?",
            "(?:" + DATABASE + "|global)/(?:pg_filenode\\.map(?:\\.tmp)?|PG_VERSION|pg_internal\\.init(?:\\.[0-9]+)?)",
            "global/pg_control",
            TEMPORARY_FILES + "/.*",
            "pg_(?:xact|subtrans|commit_ts|serial|notify|multixact/(?:members|offsets))/[0-9A-F]{4,16}",
            "pg_twophase/[0-9A-F]{8,16}",
            "pg_replslot/[a-z0-9_]+/(?:state(?:\\.tmp)?|.*\\.(?:spill|snap))",
            "pg_logical/(?:replorigin_checkpoint(?:\\.tmp)?|snapshots/.*\\.snap(?:\\..*)?|mappings/map-.*)",
            "pg_snapshots/[0-9A-F]+-[0-9A-F]+-[0-9]+(?:\\.tmp)?",
            "pg_stat/.*\\.(?:stat|tmp)",
            "pg_stat_tmp/.*",
            "pg_dynshmem/mmap\\..*",
            "pg_wal/(?:[0-9A-F]{24}\\.[0-9A-F]{8}\\.backup|xlogtemp\\.[0-9]+|RECOVERYXLOG|RECOVERYHISTORY)",
            "pg_wal/archive_status/.*\\.(?:ready|done)",
            "pg_wal/summaries/(?:[0-9A-F]{40}\\.summary|temp\\.summary)",
            "PG_VERSION|(?:backup_label|tablespace_map)(?:\\.old)?",
            "backup_manifest|recovery\\.(?:signal|done)|standby\\.signal",
            "postmaster\\.(?:pid|opts)|current_logfiles(?:\\.tmp)?|postgresql\\.auto\\.conf\\.tmp",
            ".*\\.tidemark-new"));

    private static final Pattern DIRECTORY = Pattern.compile(String.join(
            "|",
            DATABASE,
            "pg_tblspc/[0-9]+(?:/PG_[0-9]+_[0-9]+)?",
            TEMPORARY_FILES + "(?:/.*)?",
            "pg_replslot/[a-z0-9_]+",
            "pg_logical/(?:snapshots|mappings)",
            "pg_multixact/(?:members|offsets)",
            "pg_wal/(?:archive_status|summaries)",
            "pg_(?:commit_ts|dynshmem|logical|multixact|notify|replslot|serial|snapshots|stat|stat_tmp|subtrans"
                    + "|tblspc|twophase|wal|xact)",
            "base|global"));

    private static final Pattern TABLESPACE_LINK = Pattern.compile("pg_tblspc/[0-9]+");
    private static final Pattern VERSION = Pattern.compile("pg_tblspc/[0-9]+/PG_([0-9]+)_[0-9]+");

    private ClusterFiles() {}

    /** @param path below the data directory, with slashes */
    static boolean isFile(String path) {
        return FILE.matcher(path).matches();
    }

    /**
     * Whether PostgreSQL makes a directory of this name.
     *
     * @param major its version: a tablespace has a directory for each, and those of others are not its own
     */
    static boolean isDirectory(String path, int major) {
        Matcher version = VERSION.matcher(path);
        return DIRECTORY.matcher(path).matches()
                && (!version.matches() || version.group(1).equals(Integer.toString(major)));
    }

    static boolean isTablespaceLink(String path) {
        return TABLESPACE_LINK.matcher(path).matches();
    }
}
