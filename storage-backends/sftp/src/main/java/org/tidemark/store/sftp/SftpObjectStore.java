// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.ssh.sftp.Attributes;
import org.tidemark.ssh.sftp.Connections;
import org.tidemark.ssh.sftp.Sftp;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StoreTraits;
import org.tidemark.store.StoreTraits.ExclusiveCreate;
import org.tidemark.store.Tampering;
import org.tidemark.store.UnfinishedUploads;
import org.tidemark.store.sftp.SftpConfig.Create;

/** Objects as files below a directory on a server, which must be there. Thread-safe, also among processes. */
public final class SftpObjectStore implements ObjectStore {
    private final SftpConfig config;
    private final SftpErrors errors;
    private final SftpDirectories directories;
    private final Connections connections;
    private final SftpObjectWriter writer;
    private final SftpDeletion remover;

    /** Sends no request yet. */
    public SftpObjectStore(SftpConfig config) {
        this.config = config;
        this.errors = new SftpErrors(config);
        this.directories = new SftpDirectories(config, errors);
        this.connections = config.newConnections(errors);
        this.writer = new SftpObjectWriter(config, directories, errors);
        this.remover = new SftpDeletion(directories, new Durability(directories, config.fsync()), errors);
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        try (Connections.Lease lease = connections.take()) {
            writer.put(lease.sftp(), key, source);
        } catch (IOException e) {
            throw errors.of(Operation.WRITE, key.value(), e);
        }
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        Optional<Connections.Lease> unused = Optional.empty();
        try {
            Connections.Lease lease = connections.take();
            unused = Optional.of(lease);
            Attributes found = find(lease.sftp(), key).orElseThrow(() -> new ObjectMissing(key, errors.description()));
            byte[] handle = lease.sftp()
                    .openToRead(directories.path(key.value()))
                    .await()
                    .handle();
            unused = Optional.empty();
            return new FileStream(key, lease, handle, found.sizeBytes(), range, errors);
        } catch (IOException e) {
            throw errors.of(Operation.READ, key.value(), e);
        } finally {
            unused.ifPresent(Connections.Lease::close);
        }
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        try (Connections.Lease lease = connections.take()) {
            return find(lease.sftp(), key).map(found -> new ObjectInfo(key, found.sizeBytes(), found.modified()));
        } catch (IOException e) {
            throw errors.of(Operation.LOOK_UP, key.value(), e);
        }
    }

    /** The object's file; returns empty only if the root exists. A directory is not an object. */
    private Optional<Attributes> find(Sftp sftp, ObjectKey key) throws IOException {
        Optional<Attributes> found = directories.find(sftp, key.value());
        if (found.isEmpty() || found.get().isDirectory()) {
            return Optional.empty();
        }
        if (!found.get().isRegularFile()) {
            throw errors.notAnObject(directories.path(key.value()), "neither a file nor a directory");
        }
        return found;
    }

    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        ObjectPage.checkRequest(prefix, limit);
        String last = after.isPresent() ? after.get().value() : "";
        try (Connections.Lease lease = connections.take()) {
            return new SftpListing(lease.sftp(), directories, errors, prefix, last).page(limit);
        } catch (IOException e) {
            throw errors.of(Operation.LIST, prefix, e);
        }
    }

    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        if (keys.isEmpty()) {
            return;
        }
        // Grouped by directory, so each directory is checked and synced once.
        Map<String, List<ObjectKey>> byDirectory = new LinkedHashMap<>();
        for (ObjectKey key : keys) {
            byDirectory
                    .computeIfAbsent(SftpDirectories.parent(key.value()), at -> new ArrayList<>())
                    .add(key);
        }
        try (Connections.Lease lease = connections.take()) {
            for (Map.Entry<String, List<ObjectKey>> entry : byDirectory.entrySet()) {
                remover.remove(lease.sftp(), entry.getKey(), entry.getValue());
            }
        } catch (IOException e) {
            throw errors.of(Operation.DELETE, "", e);
        }
    }

    @Override
    public Optional<UnfinishedUploads> unfinishedUploads() {
        return Optional.of(new SftpUnfinishedUploads(connections, directories, errors));
    }

    @Override
    public Optional<Tampering> tampering() {
        return Optional.of(Tampering.withoutVersions(
                this,
                this::overwrite,
                new Tampering.Control(
                        Optional.empty(),
                        "server",
                        "not tested: whether the login gives more than SFTP, and snapshots of the server",
                        "On the server, ForceCommand internal-sftp and ChrootDirectory limit the login;"
                                + " snapshots protect if this login cannot remove them.")));
    }

    private void overwrite(ObjectKey key, byte[] content) throws StorageException {
        try (Connections.Lease lease = connections.take()) {
            Sftp sftp = lease.sftp();
            byte[] handle =
                    sftp.openToReplace(directories.path(key.value())).await().handle();
            try {
                sftp.write(handle, 0, content, content.length).await().done();
            } finally {
                sftp.close(handle).await().done();
            }
        } catch (IOException e) {
            throw errors.of(Operation.WRITE, key.value(), e);
        }
    }

    @Override
    public StoreTraits traits() {
        return new StoreTraits(config.create() == Create.LINK ? ExclusiveCreate.ATOMIC : ExclusiveCreate.CHECKED);
    }

    @Override
    public String description() {
        return errors.description();
    }

    @Override
    public void close() {
        connections.close();
    }
}
