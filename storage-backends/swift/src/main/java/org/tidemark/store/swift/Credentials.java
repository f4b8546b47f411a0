// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.net.URI;
import java.util.Optional;
import org.tidemark.core.Secret;

/** Who logs in, where and how. Immutable; printed without secrets. */
sealed interface Credentials {
    /** The address that is asked for a token. */
    URI authUrl();

    /** For messages: who it is, without any secret. */
    String who();

    /** Version 1, as tempauth, swauth and gateways such as Ceph's speak it. */
    record V1(URI authUrl, String user, Secret key) implements Credentials {
        @Override
        public String who() {
            return user;
        }
    }

    /**
     * Keystone, version 3.
     *
     * @param authUrl with the version, as in {@code https://cloud:5000/v3}
     * @param region where the catalog has several
     * @param face of the endpoints: public, internal or admin
     */
    record V3(URI authUrl, Identity identity, Optional<String> region, String face) implements Credentials {
        @Override
        public String who() {
            return identity.who();
        }
    }

    /** By what Keystone knows somebody. Immutable. */
    sealed interface Identity {
        String who();
    }

    record Password(Name user, Name userDomain, Secret password, Name project, Name projectDomain) implements Identity {
        @Override
        public String who() {
            return user.value();
        }
    }

    /** It has its project in itself. */
    record ApplicationCredential(String id, Secret secret) implements Identity {
        @Override
        public String who() {
            return "application credential " + id;
        }
    }

    /** How Keystone names something: by its name, or by its id, which nothing else has. Immutable. */
    record Name(boolean isId, String value) {}
}
