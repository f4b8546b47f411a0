// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.core.Amounts;
import org.tidemark.core.DiskSpace;
import org.tidemark.core.Finding;
import org.tidemark.core.SystemUser;

/** Whether this user can write in the spool, which every push to several repositories may need. */
final class WritableSpoolCheck implements Check<CheckedHost> {
    private static final long FULL_BELOW_BYTES = 1 << 20;

    @Override
    public Subject subject() {
        return Subject.SPOOL;
    }

    @Override
    public List<Finding> look(CheckedHost host) {
        return writable(host.session().spool());
    }

    static List<Finding> writable(Path spool) {
        Optional<Path> existing = Stream.iterate(spool.toAbsolutePath(), Objects::nonNull, Path::getParent)
                .filter(Files::exists)
                .findFirst();
        if (existing.isPresent()
                && Files.isDirectory(existing.get())
                && Files.isWritable(existing.get())
                && Files.isExecutable(existing.get())) {
            return full(spool, existing.get());
        }
        return List.of(Subject.SPOOL.warning(
                "nothing can be written in '" + spool + "' by user '" + SystemUser.current()
                        + "': WAL cannot be queued there for a lagging repository, and the state of the repositories"
                        + " is not kept",
                "Run check as the owner of the data directory. If this user is that owner, let it own '" + spool
                        + "', or name another directory as host.spool."));
    }

    /** A full disk may still take names, so that writing there is no test of it. */
    private static List<Finding> full(Path spool, Path existing) {
        return DiskSpace.of(existing)
                .filter(space -> space.freeBytes() < FULL_BELOW_BYTES)
                .map(space -> Subject.SPOOL.warning(
                        "the disk of the spool '" + spool + "' is full: " + Amounts.size(space.freeBytes())
                                + " is free. wal-receive receives nothing, nothing may be archived"
                                + " ahead, and WAL may not be queued for a lagging repository",
                        "Make room there, or name a directory on another disk as host.spool."))
                .stream()
                .toList();
    }
}
