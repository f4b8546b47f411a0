// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.util.Optional;
import org.tidemark.core.Secret;
import org.tidemark.store.StoreOptions;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.AwsProfileRegionProvider;

/** The credentials of requests. Immutable. */
sealed interface S3Credentials {
    /** An access key from the configuration. */
    record Key(String id, Secret secret) implements S3Credentials {
        @Override
        public AwsCredentialsProvider provider() {
            return StaticCredentialsProvider.create(AwsBasicCredentials.create(id, secret.value()));
        }
    }

    /** A profile of {@code ~/.aws}. */
    record Profile(String name) implements S3Credentials {
        @Override
        public AwsCredentialsProvider provider() {
            return new Sought(ProfileCredentialsProvider.create(name));
        }
    }

    /** The default sources of the SDK: environment, {@code ~/.aws}, identity of the container or of the machine. */
    record Chain() implements S3Credentials {
        @Override
        public AwsCredentialsProvider provider() {
            return new Sought(DefaultCredentialsProvider.builder().build());
        }
    }

    /** The provider from which the client gets the credentials. */
    AwsCredentialsProvider provider();

    static S3Credentials of(StoreOptions options) {
        Optional<String> profile = options.text(S3Options.PROFILE);
        Optional<String> id = options.text(S3Options.ACCESS_KEY_ID);
        if (id.isEmpty()) {
            for (String name : new String[] {"-file", "-command"}) {
                if (options.text(S3Options.SECRET_ACCESS_KEY + name).isPresent()) {
                    throw new IllegalArgumentException("'" + S3Options.SECRET_ACCESS_KEY + name + "' is given without '"
                            + S3Options.ACCESS_KEY_ID + "' (expected both)");
                }
            }
            return profile.isPresent() ? new Profile(profile.get()) : new Chain();
        }
        if (profile.isPresent()) {
            throw new IllegalArgumentException("both '" + S3Options.PROFILE + "' and '" + S3Options.ACCESS_KEY_ID
                    + "' are given (expected one of them)");
        }
        Secret secret = options.secret(S3Options.SECRET_ACCESS_KEY, "AWS_SECRET_ACCESS_KEY")
                .orElseThrow(() -> new IllegalArgumentException("'" + S3Options.ACCESS_KEY_ID
                        + "' is given without its secret (expected '" + S3Options.SECRET_ACCESS_KEY + "-file', '"
                        + S3Options.SECRET_ACCESS_KEY + "-command' or AWS_SECRET_ACCESS_KEY in the environment)"));
        return new Key(id.get(), secret);
    }

    static Optional<String> regionOfProfile(Optional<String> profile) {
        try {
            Region region = profile.isPresent()
                    ? new AwsProfileRegionProvider(null, profile.get()).getRegion()
                    : new AwsProfileRegionProvider().getRegion();
            return Optional.ofNullable(region).map(Region::id);
        } catch (SdkClientException e) {
            return Optional.empty();
        }
    }

    /** Throws an exception of its own if there are no credentials, which differs from an unreachable server. */
    record Sought(AwsCredentialsProvider provider) implements AwsCredentialsProvider {
        @Override
        public AwsCredentials resolveCredentials() {
            try {
                return provider.resolveCredentials();
            } catch (SdkClientException e) {
                throw new NoCredentials(e);
            }
        }
    }

    /** No source has credentials. */
    final class NoCredentials extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoCredentials(SdkClientException cause) {
            super(cause);
        }
    }
}
