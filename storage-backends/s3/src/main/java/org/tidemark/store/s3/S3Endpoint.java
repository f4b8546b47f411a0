// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.tidemark.store.HttpEndpoint;
import org.tidemark.store.NetworkOptions;
import org.tidemark.store.StoreOption;
import org.tidemark.store.StoreOptions;
import org.tidemark.store.TrustedAuthorities;

/**
 * The address of the server, and the connection to it. Immutable.
 *
 * @param address empty for Amazon, whose address depends on the region
 * @param pathStyle whether the bucket's name is the beginning of the path instead of the host name
 * @param caFile certificates in PEM to trust instead of those of the system
 * @param proxy the host and port; empty for the proxy of the environment
 */
record S3Endpoint(Optional<URI> address, String region, boolean pathStyle, Optional<Path> caFile, Optional<URI> proxy) {
    /** The region in signatures for servers that have only one region. */
    private static final String USUAL_REGION = "us-east-1";

    static S3Endpoint of(StoreOptions options) {
        Optional<URI> address = uri(options, S3Options.ENDPOINT);
        Optional<Path> caFile = options.path(NetworkOptions.CA_FILE);
        caFile.ifPresent(S3Endpoint::requireReadable);
        return new S3Endpoint(
                address,
                region(options, address.isPresent()),
                options.flag(S3Options.PATH_STYLE, address.isPresent()),
                caFile,
                uri(options, S3Options.PROXY));
    }

    /** Amazon's own addresses, which are made here, always use TLS. */
    boolean isEncrypted() {
        return address.isEmpty() || "https".equals(address.get().getScheme());
    }

    private static String region(StoreOptions options, boolean ownEndpoint) {
        return options.text(S3Options.REGION)
                .or(() -> options.variable("AWS_REGION"))
                .or(() -> options.variable("AWS_DEFAULT_REGION"))
                .or(() -> ownEndpoint
                        ? Optional.of(USUAL_REGION)
                        : S3Credentials.regionOfProfile(options.text(S3Options.PROFILE)))
                .orElseThrow(() -> new IllegalArgumentException("'" + S3Options.REGION
                        + "' is not given (expected the bucket's region, such as eu-west-1, here, in AWS_REGION or in"
                        + " the profile)"));
    }

    /** Refuses a user and a password, which would be secrets in an option. */
    private static Optional<URI> uri(StoreOptions options, StoreOption option) {
        Optional<String> text = options.text(option);
        Optional<URI> address = text.flatMap(HttpEndpoint::parseServer);
        if (text.isPresent() && address.isEmpty()) {
            throw new IllegalArgumentException("not a value of '" + option + "' (expected " + option.expected()
                    + ", without user, password and path)");
        }
        return address;
    }

    private static void requireReadable(Path file) {
        if (!Files.isReadable(file)) {
            throw new IllegalArgumentException("cannot read '" + file + "', the file of '" + TrustedAuthorities.OPTION
                    + "': does it exist, and is it readable?");
        }
    }
}
