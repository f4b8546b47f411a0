// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.Tablespace;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Amounts;

/**
 * Finds backups that have nothing of a tablespace of which an earlier one has something: its disk was not mounted when
 * they were taken. Such a backup must not be the reason for which the earlier one goes. A backup that was compared with
 * PostgreSQL's catalogs has lost nothing: there, an empty tablespace is one that was emptied. Pure.
 */
final class LostTablespaces {
    private LostTablespaces() {}

    /**
     * What each has lost, a part of a sentence; those that have lost nothing are left out.
     *
     * @param backups of one incarnation, with which a recovery can begin
     */
    static Map<BackupId, String> of(Stream<BaseBackup> backups) {
        Map<Long, Tablespace> had = new HashMap<>();
        Map<BackupId, String> lost = new HashMap<>();
        for (BaseBackup backup : oldestFirst(backups)) {
            for (Tablespace each : backup.contents().tablespaces()) {
                if (each.sizeBytes() > 0) {
                    had.put(each.oid(), each);
                } else if (backup.contents().isCompared()) {
                    had.remove(each.oid());
                } else {
                    Optional.ofNullable(had.get(each.oid()))
                            .ifPresent(earlier -> lost.putIfAbsent(backup.id(), words(earlier)));
                }
            }
        }
        return lost;
    }

    private static List<BaseBackup> oldestFirst(Stream<BaseBackup> backups) {
        return backups.sorted(
                        Comparator.comparing((BaseBackup each) -> each.run().ended())
                                .thenComparing(BaseBackup::id))
                .toList();
    }

    private static String words(Tablespace earlier) {
        return "it has nothing of tablespace '"
                + earlier.name().orElse(String.valueOf(earlier.oid())) + "' at '" + earlier.location()
                + "', of which an earlier backup has " + Amounts.size(earlier.sizeBytes());
    }
}
