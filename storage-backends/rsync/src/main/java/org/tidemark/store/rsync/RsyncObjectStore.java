// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StoreTraits;
import org.tidemark.store.StoreTraits.ExclusiveCreate;
import org.tidemark.store.Tampering;
import org.tidemark.store.UnfinishedUploads;
import org.tidemark.store.rsync.RsyncAddress.Transport;

/** Objects as files of a server, which the rsync program accesses. Thread-safe. */
final class RsyncObjectStore implements ObjectStore {
    private static final String MAKE_PATH = "--mkpath";

    private final RsyncConfig config;
    private final Rsync rsync;
    private final RsyncUpload upload;
    private final RsyncListing listing;
    private final FetchCache cache;
    private final RsyncDeletion deletion;

    /** Starts no program yet. */
    RsyncObjectStore(RsyncConfig config) {
        this.config = config;
        this.rsync = new Rsync(config);
        this.upload = new RsyncUpload(rsync, config.fsyncRequired());
        this.listing = new RsyncListing(rsync);
        this.cache = new FetchCache(rsync, listing, config.cacheBytes());
        this.deletion = new RsyncDeletion(rsync, listing);
    }

    /** Creates the directory of the store and its missing parents. */
    void createRoot() throws StorageException {
        createDirectories();
        list("", Optional.empty(), 1);
    }

    /** The module of a daemon is created by the daemon's configuration only. */
    private void createDirectories() throws StorageException {
        if (config.address().transport() == Transport.DAEMON
                && config.address().belowModule().isEmpty()) {
            return;
        }
        try {
            Path empty = rsync.work().newDirectory("root");
            try {
                RsyncResult ended = rsync.pushTo(
                        Operation.CREATE_DIRECTORY,
                        List.of("--dirs", MAKE_PATH),
                        empty,
                        "./",
                        config.address().path() + "/");
                if (ended.refusedOption(MAKE_PATH)) {
                    ended = createByParts(empty);
                }
                if (!ended.ok()) {
                    throw rsync.errors().of(Operation.CREATE_DIRECTORY, "", ended);
                }
            } finally {
                WorkDirectory.deleteTree(empty);
            }
        } catch (IOException e) {
            throw rsync.errors().of(Operation.CREATE_DIRECTORY, "", e);
        }
    }

    /** For rsync before 3.2.3: sends each directory of the path, none of which may be a symbolic link. */
    private RsyncResult createByParts(Path local) throws IOException {
        boolean daemon = config.address().transport() == Transport.DAEMON;
        String above = daemon ? "/" + config.address().module() + "/" : "/";
        String path = daemon
                ? config.address().belowModule()
                : config.address().path().substring(1);
        Files.createDirectories(local.resolve(path));
        // Without --ignore-existing, rsync would delete a file that has the name of a directory.
        return rsync.pushTo(
                Operation.CREATE_DIRECTORY, List.of("--dirs", "--relative", "--ignore-existing"), local, path, above);
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        upload.put(key, source);
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        return cache.open(key, range);
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        return listing.stat(key);
    }

    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        ObjectPage.checkRequest(prefix, limit);
        String last = after.isPresent() ? after.get().value() : "";
        return new RsyncTreeListing(listing, rsync.errors(), prefix, last).page(limit);
    }

    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        deletion.delete(keys.stream().map(ObjectKey::value).toList());
    }

    @Override
    public Optional<Tampering> tampering() {
        return Optional.of(Tampering.withoutVersions(
                this,
                (key, content) -> upload.overwrite(key, ObjectSource.of(content)),
                new Tampering.Control(
                        Optional.empty(),
                        "server",
                        "not tested: other modules and logins of the server, and its snapshots",
                        "In rsyncd.conf, 'refuse options = delete' keeps files from being removed, but not"
                                + " from being overwritten; snapshots protect if this login cannot remove them.")));
    }

    @Override
    public StoreTraits traits() {
        return new StoreTraits(ExclusiveCreate.CHECKED);
    }

    @Override
    public Optional<UnfinishedUploads> unfinishedUploads() {
        return Optional.of(new RsyncUnfinishedUploads(listing, deletion));
    }

    @Override
    public String description() {
        return rsync.errors().description();
    }

    @Override
    public void close() {
        rsync.close();
    }
}
