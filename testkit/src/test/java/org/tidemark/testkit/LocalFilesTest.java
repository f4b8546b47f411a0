// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.HostFiles;
import org.tidemark.core.LocalFiles;

class LocalFilesTest extends HostFilesContract {
    private final HostFiles files = new LocalFiles();

    @TempDir
    Path directory;

    @Override
    protected HostFiles files() {
        return files;
    }

    @Override
    protected Path directory() {
        return directory;
    }

    @Override
    protected boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }
}
