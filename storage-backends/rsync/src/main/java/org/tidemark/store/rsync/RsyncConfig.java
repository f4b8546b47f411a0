// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import org.tidemark.core.Secret;
import org.tidemark.core.TimeLimits;
import org.tidemark.ssh.Ssh;
import org.tidemark.ssh.SshLogin;
import org.tidemark.store.StoreOptions;
import org.tidemark.store.rsync.RsyncAddress.Transport;

/**
 * The address and the options of an rsync store. Immutable.
 *
 * @param program the path of rsync, or its name on the PATH
 * @param workDirectory for objects that are being written, and for the cache
 * @param cacheBytes the maximum size of cached objects that are not in use
 * @param fsyncRequired whether the store refuses to write to a server that cannot sync a file before its rename
 * @param password of the daemon's user
 * @param ssh unused for a daemon
 */
record RsyncConfig(
        RsyncAddress address,
        String program,
        Path workDirectory,
        long cacheBytes,
        boolean fsyncRequired,
        TimeLimits limits,
        Optional<Secret> password,
        Ssh ssh) {
    static final String PASSWORD_VARIABLE = "RSYNC_PASSWORD";

    private static final Pattern PROGRAM = Pattern.compile("[A-Za-z0-9._+-]+|/[^\\p{Cntrl}]+");

    static RsyncConfig parse(Transport transport, URI address, StoreOptions options) {
        String program = options.text(RsyncOptions.PROGRAM)
                .or(RsyncOptions.PROGRAM::defaultValue)
                .orElseThrow();
        if (!PROGRAM.matcher(program).matches()) {
            throw StoreOptions.wrong(RsyncOptions.PROGRAM, program, RsyncOptions.PROGRAM.expected());
        }
        RsyncAddress parsed = RsyncAddress.parse(transport, address);
        TimeLimits limits = options.timeLimits();
        return new RsyncConfig(
                parsed,
                program,
                options.path(RsyncOptions.WORK_DIRECTORY)
                        .orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir"))),
                options.size(RsyncOptions.CACHE),
                options.choice(RsyncOptions.FSYNC).equals("required"),
                limits,
                transport == Transport.DAEMON
                        ? options.secret(RsyncOptions.PASSWORD, PASSWORD_VARIABLE)
                        : Optional.empty(),
                new Ssh(parsed.destination(), SshLogin.of(options::path, secret -> Optional.empty()), limits));
    }
}
