// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.net.URI;
import java.util.List;
import org.tidemark.store.NetworkOptions;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;

/** The options of a store with an {@code rsync:} address. */
public final class RsyncOptions implements StoreDeclaration {
    static final StoreOption PROGRAM =
            StoreOption.text("program", "a program's name or absolute path").withDefault("rsync");
    static final StoreOption WORK_DIRECTORY = StoreOption.path("work-directory");
    static final StoreOption CACHE = StoreOption.size("cache", 0, Long.MAX_VALUE, "1GiB");
    static final StoreOption FSYNC = StoreOption.choice("fsync", "required", "if-offered");
    static final String PASSWORD = "password";

    /** The options of both transports. */
    static final List<StoreOption> COMMON = List.of(PROGRAM, WORK_DIRECTORY, CACHE, FSYNC);

    private static final List<StoreOption> ALL =
            StoreOption.all(COMMON, StoreOption.secret(PASSWORD), NetworkOptions.TIME_LIMITS);

    @Override
    public String scheme() {
        return "rsync";
    }

    @Override
    public String provider() {
        return "org.tidemark.store.rsync.RsyncStoreProvider";
    }

    @Override
    public List<StoreOption> options() {
        return ALL;
    }

    @Override
    public List<String> variables() {
        return List.of("RSYNC_");
    }

    @Override
    public void requireAddress(URI address) {
        RsyncAddress.parse(RsyncAddress.Transport.DAEMON, address);
    }
}
