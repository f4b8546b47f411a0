// SPDX-License-Identifier: Apache-2.0
/** What init does: a first configuration, a key pair, and the registration of a cluster in its repositories. */
package org.tidemark.operations.setup;
