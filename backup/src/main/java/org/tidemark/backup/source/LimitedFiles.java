// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Optional;
import org.tidemark.core.HostFiles;
import org.tidemark.store.RateLimit;

/** Files of which no more is read than a limit allows. Looking at them is not limited. Thread-safe. */
record LimitedFiles(HostFiles files, RateLimit limit) implements HostFiles {
    @Override
    public Optional<Stat> stat(String path) throws IOException {
        return files.stat(path);
    }

    @Override
    public Listing list(String path) throws IOException {
        return files.list(path);
    }

    @Override
    public String readLink(String path) throws IOException {
        return files.readLink(path);
    }

    @Override
    public String realPath(String path) throws IOException {
        return files.realPath(path);
    }

    @Override
    public OpenFile open(String path, Stat seen) throws IOException {
        return new LimitedFile(files.open(path, seen), limit);
    }

    @Override
    public void close() {
        files.close();
    }

    private record LimitedFile(OpenFile file, RateLimit limit) implements OpenFile {
        @Override
        public long size() throws IOException {
            return file.size();
        }

        /** Waits after the read: what is asked for may be more than the file has. */
        @Override
        public int read(long at, byte[] to, int offset, int length) throws IOException {
            int read = file.read(at, to, offset, length);
            try {
                limit.pay(read);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while the limit of reads was kept");
            }
            return read;
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
