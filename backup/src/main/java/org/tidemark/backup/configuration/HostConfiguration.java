// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.configuration;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.HostFiles;
import org.tidemark.core.HostFiles.Stat;

/**
 * The files of a host that can be read as files.
 *
 * @param files closed by the caller
 */
public record HostConfiguration(HostFiles files) implements ConfigurationHost {
    private static final int RIGHTS = 0777;

    @Override
    public Optional<Found> read(String path) throws IOException {
        try {
            String real = files.realPath(path);
            Stat stat = files.stat(real).orElseThrow(() -> new NoSuchFileException(real));
            if (stat.isDirectory()) {
                return Optional.empty(); // PostgreSQL passes over it, too.
            }
            if (stat.size() > MAX_BYTES) {
                throw new IOException("it has " + stat.size() + " bytes");
            }
            return Optional.of(new Found(files.read(real, MAX_BYTES), stat.mode() & RIGHTS, stat.modified()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public List<String> names(String directory) throws IOException {
        return files.list(files.realPath(directory)).names();
    }

    @Override
    public String realPath(String path) throws IOException {
        try {
            return files.realPath(path);
        } catch (NoSuchFileException e) {
            return path;
        }
    }

    @Override
    public void close() {}
}
