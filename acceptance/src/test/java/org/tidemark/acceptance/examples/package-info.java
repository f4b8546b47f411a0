// SPDX-License-Identifier: Apache-2.0
/** The examples for other programs, with these programs: Patroni with etcd, and repmgr. */
package org.tidemark.acceptance.examples;
