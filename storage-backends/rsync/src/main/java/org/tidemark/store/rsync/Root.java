// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.tidemark.store.StorageException;
import org.tidemark.store.rsync.RsyncErrors.Doing;

/** The directory of a store on its server. Thread-safe. */
final class Root {
    private final Rsync rsync;
    private final RsyncAddress address;

    Root(Rsync rsync, RsyncAddress address) {
        this.rsync = rsync;
        this.address = address;
    }

    /** Makes it, and what is missing above it. A daemon's module itself is made by its configuration alone. */
    void create() throws StorageException {
        String above = switch (address.transport()) {
            case DAEMON -> "/" + address.module() + "/";
            case SSH -> "/";
        };
        String path = address.path().substring(above.length() - 1).replaceFirst("^/", "");
        if (path.isEmpty()) {
            return;
        }
        try {
            Path local = rsync.work().newDirectory("root");
            try {
                Files.createDirectories(local.resolve(path));
                // A file that stands in the way of a directory would be deleted, but for --ignore-existing.
                Ended ended = rsync.pushTo(
                        Doing.MAKE_ROOT, List.of("--dirs", "--relative", "--ignore-existing"), local, path, above);
                if (!ended.ok()) {
                    throw rsync.errors().of(Doing.MAKE_ROOT, "", ended);
                }
            } finally {
                DirectoryTree.delete(local);
            }
        } catch (IOException e) {
            throw rsync.errors().local(Doing.MAKE_ROOT, "", e);
        }
    }
}
