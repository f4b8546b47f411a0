// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this machine calls itself. */
public final class HostName {
    private HostName() {}

    /**
     * As {@code uname -n} prints it. The kernel is asked: {@link java.net.InetAddress#getLocalHost} fails where the
     * name has no address, which is common in containers and harmless.
     *
     * @throws IOException the kernel does not tell it
     */
    public static String ofThisMachine() throws IOException {
        return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    }
}
