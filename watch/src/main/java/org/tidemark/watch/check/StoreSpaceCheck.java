// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.DiskSpace;
import org.tidemark.core.Finding;

/** How much room a store has, if it can tell. */
final class StoreSpaceCheck implements Check<CheckedRepository> {
    @Override
    public Subject subject() {
        return Subject.FREE_SPACE;
    }

    @Override
    public List<Finding> look(CheckedRepository at) throws IOException {
        Optional<DiskSpace> space = at.repository().store().space();
        return space.isEmpty()
                ? List.of()
                : at.findings(FreeSpace.finding(
                        subject(),
                        "the disk of '" + at.name() + "'",
                        space.get(),
                        at.cluster().check(),
                        "Give the disk more room: when it is full, it takes neither WAL nor backups."));
    }
}
