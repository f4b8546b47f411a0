// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.tidemark.ssh.sftp.Attributes;
import org.tidemark.ssh.sftp.Connections;
import org.tidemark.ssh.sftp.Reply;
import org.tidemark.ssh.sftp.SftpStatusException;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.UnfinishedUploads;

/**
 * The temporary files that broken connections have left. The key of such an object is unknown, so the name of the file
 * without its leading dot counts as the key. The start of an upload is the last change of its file by the server's
 * clock: a file that is still being written changes all the time. Thread-safe.
 */
final class SftpUnfinishedUploads implements UnfinishedUploads {
    private final Connections connections;
    private final SftpDirectories directories;
    private final SftpErrors errors;

    SftpUnfinishedUploads(Connections connections, SftpDirectories directories, SftpErrors errors) {
        this.connections = connections;
        this.directories = directories;
        this.errors = errors;
    }

    @Override
    public List<Upload> begunBefore(String prefix, Instant time, int limit) throws StorageException {
        ObjectPage.checkRequest(prefix, limit);
        List<Upload> found = new ArrayList<>();
        Deque<String> waiting = new ArrayDeque<>();
        String start = prefix.substring(0, prefix.lastIndexOf('/') + 1);
        try (Connections.Lease lease = connections.take()) {
            if (directories.reach(lease.sftp(), SftpDirectories.parent(start))) {
                waiting.push(start);
            }
            while (!waiting.isEmpty() && found.size() < limit) {
                String directory = waiting.pop();
                directories.read(lease.sftp(), directory, entry -> {
                    // Names that cannot be keys belong to others: only its owner may enter "lost+found", for example.
                    if (entry.attributes().isDirectory() && ObjectKey.isKey(entry.name())) {
                        String below = directory + entry.name() + "/";
                        if (below.startsWith(prefix)) {
                            waiting.push(below);
                        }
                    } else if (found.size() < limit) {
                        note(directory, entry, prefix, time, found);
                    }
                });
            }
        } catch (IOException e) {
            throw errors.of(Operation.LIST, prefix, e);
        }
        return found;
    }

    private static void note(String directory, Reply.Entry entry, String prefix, Instant time, List<Upload> found) {
        Attributes file = entry.attributes();
        if (file.isRegularFile()
                && SftpTemporaryFile.isOne(entry.name())
                && file.modified().isBefore(time)) {
            String key = directory + entry.name().substring(1);
            if (key.startsWith(prefix) && ObjectKey.isKey(key)) {
                found.add(new Upload(new ObjectKey(key), directory + entry.name(), file.modified()));
            }
        }
    }

    @Override
    public void abort(Upload upload) throws StorageException {
        String directory = SftpDirectories.parent(upload.id());
        boolean inStore = directory.isEmpty() ? upload.id().indexOf('/') < 0 : ObjectKey.isKey(directory);
        if (!inStore || !SftpTemporaryFile.isOne(upload.id())) {
            throw new IllegalArgumentException("not an unfinished upload: '" + upload.id() + "'");
        }
        try (Connections.Lease lease = connections.take()) {
            if (directories.reach(lease.sftp(), directory)) {
                lease.sftp().remove(directories.path(upload.id())).await().done();
            }
        } catch (SftpStatusException e) {
            if (e.status() != SftpStatusException.NO_SUCH_FILE) {
                throw errors.of(Operation.DELETE, upload.key().value(), e);
            }
        } catch (IOException e) {
            throw errors.of(Operation.DELETE, upload.key().value(), e);
        }
    }
}
