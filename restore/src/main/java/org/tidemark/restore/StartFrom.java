// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tidemark.restore.RestorePlan.TargetDirectory;
import org.tidemark.restore.TargetFacts.Content;

/** What a restore begins with in the directories that it fills. Immutable. */
public sealed interface StartFrom {
    /** Nothing: every frame is fetched. */
    record Empty() implements StartFrom {}

    /** The files of an interrupted restore: a frame whose bytes are in place is not fetched again. */
    record Resumed() implements StartFrom {}

    /** A cluster, or what an interrupted restore has left: what differs is fetched, and what is foreign is removed. */
    record Differing() implements StartFrom {}

    /** A complete data directory: every file of the backup is in place, and only what the role writes is missing. */
    record Existing() implements StartFrom {}

    /**
     * Decides it for directories that the preflight allows.
     *
     * @param contents what is in each of the directories
     */
    static StartFrom of(Role role, List<TargetDirectory> directories, List<Content> contents) {
        if (contents.stream().noneMatch(each -> each instanceof Content.CutOff || each instanceof Content.Restored)) {
            return new Empty();
        }
        // Only the data directory shows whether all files are in place; a tablespace has its marker alone.
        boolean whole = contents.stream()
                        .anyMatch(each -> each instanceof Content.Restored restored
                                && leadTo(restored.tablespaces(), directories)
                                // What another role has written into the settings would stay there.
                                && Set.of(role.signalFile()).containsAll(restored.signals()))
                && contents.stream()
                        .allMatch(each -> each instanceof Content.Restored || each instanceof Content.CutOff);
        return whole ? new Existing() : new Resumed();
    }

    /** Whether the tablespaces were restored into these directories. */
    private static boolean leadTo(Map<String, Path> links, List<TargetDirectory> directories) {
        return directories.stream()
                .allMatch(target -> !(target instanceof TargetDirectory.Tablespace tablespace)
                        || tablespace.path().equals(links.get(tablespace.oid())));
    }
}
