// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.tidemark.ssh.sftp.Connections;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/** Opens {@code sftp://user@host:port/dir}. Thread-safe. */
public final class SftpStoreProvider implements ObjectStoreProvider {
    @Override
    public ObjectStore open(URI address, Map<String, String> options) {
        return new SftpObjectStore(SftpConfig.parse(address, options));
    }

    @Override
    public void createRoot(URI address, Map<String, String> options) throws StorageException {
        SftpConfig config = SftpConfig.parse(address, options);
        SftpErrors errors = new SftpErrors(config);
        Connections connections = config.newConnections(errors);
        try (Connections.Lease lease = connections.take()) {
            SftpDirectories directories = new SftpDirectories(config, errors);
            List<String> made = directories.makeRoot(lease.sftp());
            List<String> above = made.stream()
                    .map(path -> path.substring(0, Math.max(path.lastIndexOf('/'), 1)))
                    .toList();
            new Durability(directories, config.fsync()).trySyncAll(lease.sftp(), above);
        } catch (IOException e) {
            throw errors.of(Operation.CREATE_DIRECTORY, "", e);
        } finally {
            connections.close();
        }
    }
}
