// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.net.URI;
import java.util.List;
import org.tidemark.ssh.SshOptions;
import org.tidemark.store.NetworkOptions;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;

/** The options of a store with an {@code sftp:} address. */
public final class SftpOptions implements StoreDeclaration {
    static final StoreOption ACCESS = StoreOption.choice("access", "private", "group");
    static final StoreOption FSYNC = StoreOption.choice("fsync", "required", "if-offered");
    static final StoreOption CREATE = StoreOption.choice("create", "link", "rename");
    static final StoreOption CONNECTIONS = StoreOption.number("connections", 1, SftpConfig.MAX_CONNECTIONS, 4);

    private static final List<StoreOption> ALL = StoreOption.all(
            List.of(ACCESS, FSYNC, CREATE, CONNECTIONS),
            StoreOption.paths(SshOptions.PATHS),
            StoreOption.secrets(SshOptions.SECRETS),
            NetworkOptions.TIME_LIMITS);

    @Override
    public String scheme() {
        return "sftp";
    }

    @Override
    public String provider() {
        return "org.tidemark.store.sftp.SftpStoreProvider";
    }

    @Override
    public List<StoreOption> options() {
        return ALL;
    }

    @Override
    public List<String> variables() {
        return List.of("USER", "LOGNAME", "SSH_AUTH_SOCK", "KRB5");
    }

    @Override
    public void requireAddress(URI address) {
        SftpConfig.requireAddress(address);
    }
}
