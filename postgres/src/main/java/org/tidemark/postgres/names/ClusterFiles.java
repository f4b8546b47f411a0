// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.names;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** The files of a cluster, wherever they are: in a data directory or in a backup. */
@FunctionalInterface
public interface ClusterFiles {
    /**
     * Opens a file; empty if the cluster does not have it. The caller closes it.
     *
     * @param path relative to the data directory, with slashes; tablespaces are below {@code pg_tblspc}
     */
    Optional<ClusterFile> open(String path) throws IOException;

    /** A file that can be read at any offset. */
    @FunctionalInterface
    interface ClusterFile extends AutoCloseable {
        /**
         * Reads as many bytes as there are, up to {@code length}; nothing at the end of the file and after it.
         *
         * @param at the offset in the file, 0 or more
         * @param offset the place of the first byte in {@code into}
         * @return the number of bytes, 0 or more
         */
        int read(long at, byte[] into, int offset, int length) throws IOException;

        /** By default there is nothing to close. */
        @Override
        default void close() throws IOException {}
    }

    /** The files of a data directory. */
    static ClusterFiles of(Path dataDirectory) {
        return path -> {
            try {
                return Optional.of(local(FileChannel.open(dataDirectory.resolve(path), StandardOpenOption.READ)));
            } catch (NoSuchFileException e) {
                return Optional.empty();
            }
        };
    }

    private static ClusterFile local(FileChannel channel) {
        return new ClusterFile() {
            @Override
            public int read(long at, byte[] into, int offset, int length) throws IOException {
                int read = 0;
                for (int some = 0; some >= 0 && read < length; read += Math.max(0, some)) {
                    some = channel.read(ByteBuffer.wrap(into, offset + read, length - read), at + read);
                }
                return read;
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }
}
