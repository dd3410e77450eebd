/**
 * Whether an etcd of this version answers for progress only after all that it has to tell.
 *
 * @see etcd issue 15220, fixed in 3.4.25 and 3.5.8; kubernetes
 *   `staging/src/k8s.io/apiserver/pkg/storage/feature/feature_support_checker.go`
 */
export function hasReliableProgress(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.+-]/).map(Number);
  if (major !== 3) return major > 3;
  if (minor === 4) return patch >= 25;
  if (minor === 5) return patch >= 8;
  return minor > 5;
}
