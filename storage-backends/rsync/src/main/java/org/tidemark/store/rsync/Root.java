// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.rsync.RsyncAddress.Transport;

/** The directory of a store on its server. Thread-safe. */
final class Root {
    private static final String MAKE_PATH = "--mkpath";

    private final Rsync rsync;
    private final RsyncAddress address;

    Root(Rsync rsync, RsyncAddress address) {
        this.rsync = rsync;
        this.address = address;
    }

    /** Makes it, and what is missing above it. A daemon's module itself is made by its configuration alone. */
    void create() throws StorageException {
        if (address.transport() == Transport.DAEMON && address.belowModule().isEmpty()) {
            return;
        }
        try {
            Path empty = rsync.work().newDirectory("root");
            try {
                Ended ended = rsync.pushTo(
                        Operation.CREATE_DIRECTORY, List.of("--dirs", MAKE_PATH), empty, "./", address.path() + "/");
                if (ended.refusedOption(MAKE_PATH)) {
                    ended = createByParts(empty);
                }
                if (!ended.ok()) {
                    throw rsync.errors().of(Operation.CREATE_DIRECTORY, "", ended);
                }
            } finally {
                DirectoryTree.delete(empty);
            }
        } catch (IOException e) {
            throw rsync.errors().of(Operation.CREATE_DIRECTORY, "", e);
        }
    }

    /** As before rsync 3.2.3: each directory of the path is sent. None of them may be a symbolic link then. */
    private Ended createByParts(Path local) throws IOException {
        boolean daemon = address.transport() == Transport.DAEMON;
        String above = daemon ? "/" + address.module() + "/" : "/";
        String path = daemon ? address.belowModule() : address.path().substring(1);
        Files.createDirectories(local.resolve(path));
        // A file that stands in the way of a directory would be deleted, but for --ignore-existing.
        return rsync.pushTo(
                Operation.CREATE_DIRECTORY, List.of("--dirs", "--relative", "--ignore-existing"), local, path, above);
    }
}
