// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.net.URI;
import java.util.List;
import org.tidemark.ssh.SshOptions;
import org.tidemark.store.NetworkOptions;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;

/** The options of a store with an {@code rsync+ssh:} address. */
public final class RsyncSshOptions implements StoreDeclaration {
    private static final List<StoreOption> ALL =
            StoreOption.all(RsyncOptions.COMMON, StoreOption.paths(SshOptions.PATHS), NetworkOptions.TIME_LIMITS);

    @Override
    public String scheme() {
        return "rsync+ssh";
    }

    @Override
    public String provider() {
        return "org.tidemark.store.rsync.RsyncSshStoreProvider";
    }

    @Override
    public List<StoreOption> options() {
        return ALL;
    }

    @Override
    public List<String> variables() {
        return List.of("RSYNC_", "USER", "LOGNAME", "SSH_AUTH_SOCK", "KRB5");
    }

    @Override
    public void requireAddress(URI address) {
        RsyncAddress.parse(RsyncAddress.Transport.SSH, address);
    }
}
