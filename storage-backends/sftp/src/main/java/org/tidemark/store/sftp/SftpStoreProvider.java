// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.tidemark.ssh.SshLogin;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.TimeLimits;

/** Opens {@code sftp://user@host:port/dir}. Thread-safe. */
public final class SftpStoreProvider implements ObjectStoreProvider {
    @Override
    public String scheme() {
        return "sftp";
    }

    @Override
    public List<String> options() {
        return Stream.of(
                        List.of(
                                SftpConfig.ACCESS_OPTION,
                                SftpConfig.FSYNC_OPTION,
                                SftpConfig.CREATE_OPTION,
                                SftpConfig.CONNECTIONS_OPTION),
                        SshLogin.OPTIONS,
                        SshLogin.SECRET_OPTIONS,
                        TimeLimits.OPTIONS)
                .flatMap(List::stream)
                .toList();
    }

    @Override
    public ObjectStore open(URI address, Map<String, String> options) {
        return new SftpObjectStore(SftpConfig.parse(address, options));
    }

    @Override
    public void createRoot(URI address, Map<String, String> options) throws StorageException {
        SftpConfig config = SftpConfig.parse(address, options);
        SftpErrors errors = new SftpErrors(config);
        Connections connections = new Connections(config, errors);
        try (Connections.Lease lease = connections.take()) {
            Directories directories = new Directories(config, errors);
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
