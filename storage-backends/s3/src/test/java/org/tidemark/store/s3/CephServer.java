// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import org.tidemark.testkit.CephGateway;
import org.tidemark.testkit.CephGateway.User;
import org.tidemark.testkit.SharedServer;

/** {@link CephGateway}, as the stores of these tests see it. */
final class CephServer {
    private static final SharedServer<S3Server> SERVER =
            new SharedServer<>(() -> as(CephGateway.shared().owner()));

    private CephServer() {}

    /** As the one who owns every bucket. */
    static S3Server get() {
        return SERVER.get();
    }

    static S3Server as(User user) {
        return new S3Server(
                CephGateway.shared().port(), 0, user.keyId(), S3Server.secretFile(user.secret()), user.secret());
    }
}
